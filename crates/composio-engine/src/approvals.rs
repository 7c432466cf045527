//! Calls that wait for a person. The question is sealed into a text that the host keeps; nothing is stored until it is
//! answered, and then only that it was.
//!
//! An answer is always checked and always spent, where no approval is needed any more too: it says what a person wanted
//! of one call, so one that does not fit is a mistake worth hearing of, and a denial holds. What was approved runs with
//! the account that the person was shown, or not at all.

mod claims;

use std::fmt;

use composio_core::{
    Approval, ApprovalDecision, ApprovalRule, ConnectedAccount, ConnectedAccountId, Error, ErrorKind, Result, ToolCall,
    ToolSlug,
};

use self::claims::{ApprovalClaims, LIFE, argument_digest};
use crate::random;
use crate::scope::Scope;
use crate::seal;
use crate::store::ApprovalGrant;

/// An answer that belongs to its call, as far as can be said before the account is chosen.
pub(crate) struct Answer {
    claims: ApprovalClaims,
    decision: ApprovalDecision,
}

impl Answer {
    /// Reads the answer that a call brings, if it brings one.
    ///
    /// # Errors
    /// `PermissionDenied` where it is altered, over, or for another call.
    pub(crate) fn of(scope: &Scope<'_>, call: &ToolCall) -> Result<Option<Self>> {
        let Some(answer) = &call.approval else { return Ok(None) };
        let claims = ApprovalClaims::open(answer.state.as_str(), scope.project, scope.engine.sealer());
        let claims = claims.ok_or(Misfit::Altered).and_then(|claims| {
            let misfit = [
                (scope.engine.now() >= claims.expires_at, Misfit::Expired),
                (claims.session != scope.session.id, Misfit::Session),
                (claims.tool != call.tool, Misfit::Tool),
                (claims.arguments != argument_digest(call), Misfit::Arguments),
            ];
            match misfit.into_iter().find(|(found, _)| *found) {
                Some((_, misfit)) => Err(misfit),
                None => Ok(claims),
            }
        });
        let claims = claims.map_err(|misfit| misfit.refusal(&call.tool))?;
        Ok(Some(Self { claims, decision: answer.decision }))
    }

    /// The account that the person was shown; none for a tool that runs without one.
    pub(crate) fn account(&self) -> Option<&ConnectedAccountId> {
        self.claims.account.as_ref()
    }

    /// Of all who bring this answer, in any process, one goes on.
    async fn spend(&self, scope: &Scope<'_>, tool: &ToolSlug) -> Result<()> {
        // Kept beyond its time, for an engine whose clock is late would still take it.
        let (id, keep_until) = (seal::digest(&self.claims.id), self.claims.expires_at.plus(LIFE));
        let first = scope.engine.store().spend_approval(scope.project, &id, scope.engine.now(), keep_until).await?;
        if first { Ok(()) } else { Err(Misfit::Used.refusal(tool)) }
    }
}

/// Takes a denial. It needs no account that could run and nothing that lets the tool run: no stays no.
///
/// # Errors
/// `Blocked` where the call was denied; as [`Answer::of`], and `PermissionDenied` where it was answered before.
pub(crate) async fn settle_denial(scope: &Scope<'_>, call: &ToolCall) -> Result<()> {
    if call.approval.as_ref().is_none_or(|answer| answer.decision != ApprovalDecision::Deny) {
        return Ok(());
    }
    if let Some(answer) = Answer::of(scope, call)? {
        answer.spend(scope, &call.tool).await?;
    }
    Err(Error::approval_denied(&call.tool))
}

/// Lets a call pass with the account that was chosen for it, or asks.
///
/// # Errors
/// `InputRequired` with the question where there is a rule and no answer; `PermissionDenied` where the answer is for
/// another account, or was given before; `Blocked` where it is no.
pub(crate) async fn pass(
    scope: &Scope<'_>,
    call: &ToolCall,
    rule: Option<ApprovalRule>,
    account: Option<&ConnectedAccount>,
    answer: Option<Answer>,
) -> Result<()> {
    let grant = ApprovalGrant { tool: call.tool.clone(), account: account.map(|account| account.id.clone()) };
    let (store, session) = (scope.engine.store(), &scope.session.id);
    if let Some(answer) = answer {
        if answer.claims.account != grant.account {
            return Err(Misfit::Account.refusal(&call.tool));
        }
        answer.spend(scope, &call.tool).await?;
        return match answer.decision {
            ApprovalDecision::Approve => Ok(()),
            ApprovalDecision::ApproveAlways => {
                store.grant_approval(scope.project, session, &grant, scope.engine.now()).await
            }
            // What is not known to be a yes is none.
            _ => Err(Error::approval_denied(&call.tool)),
        };
    }
    match rule {
        Some(rule) if !store.has_approval(scope.project, session, &grant).await? => {
            Err(ask(scope, call, rule, account)?)
        }
        Some(_) | None => Ok(()),
    }
}

/// Lets a call pass that runs in the caller's process.
///
/// # Errors
/// As [`pass`].
pub(crate) async fn confirm(scope: &Scope<'_>, call: &ToolCall, rule: ApprovalRule) -> Result<()> {
    settle_denial(scope, call).await?;
    let answer = Answer::of(scope, call)?;
    pass(scope, call, Some(rule), None, answer).await
}

/// The question.
fn ask(scope: &Scope<'_>, call: &ToolCall, rule: ApprovalRule, account: Option<&ConnectedAccount>) -> Result<Error> {
    let claims = ApprovalClaims {
        id: random::token()?,
        session: scope.session.id.clone(),
        tool: call.tool.clone(),
        account: account.map(|account| account.id.clone()),
        arguments: argument_digest(call),
        expires_at: scope.engine.now().plus(LIFE),
    };
    let state = claims.seal(scope.project, scope.engine.sealer())?;
    let approval = Approval::new(call.clone(), rule, state.into(), claims.expires_at);
    let approval = match account {
        Some(account) => approval.with_account(account.id.clone(), account.label()),
        None => approval,
    };
    Ok(Error::approval_required(approval))
}

/// Why an answer is not taken. For operators: a model reads the same sentence for all of them.
#[derive(Clone, Copy)]
enum Misfit {
    Altered,
    Expired,
    Used,
    Session,
    Tool,
    Arguments,
    Account,
}

impl Misfit {
    fn refusal(self, tool: &ToolSlug) -> Error {
        let message =
            format!("the approval that came with {tool} {self}; make the call again without it to be asked anew");
        let text = format!("{tool} was not run: the approval does not fit this call. Call it again to ask anew.");
        Error::new(ErrorKind::PermissionDenied, message).with_model_text(text)
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "was altered, or was not made here",
            Self::Expired => "has expired",
            Self::Used => "was used before",
            Self::Session => "is for another session",
            Self::Tool => "is for another tool",
            Self::Arguments => "is for other arguments",
            Self::Account => "is for another account",
        })
    }
}
