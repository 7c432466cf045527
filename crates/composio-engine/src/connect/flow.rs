//! A link, read: what it is for, and whether it still works.

use composio_core::{AuthConfig, AuthScheme, ConfigChoice, ConnectedAccount, LinkPage, Result, select_auth_config};

use super::{form_fields, scopes};
use crate::catalog::Toolkit;
use crate::engine::Engine;
use crate::link::{LinkClaims, dead_link};
use crate::scope::Scope;
use crate::store::ProjectId;

/// What a token says, and the account as it stands.
pub(super) struct Flow<'a> {
    pub(super) engine: &'a Engine,
    pub(super) project: ProjectId,
    pub(super) claims: LinkClaims,
    /// None where the link came from a failed call and nobody pressed before.
    pub(super) account: Option<ConnectedAccount>,
}

impl<'a> Flow<'a> {
    /// Reads a token. Changes nothing.
    ///
    /// # Errors
    /// `NotFound`, the same for every link that does not work.
    pub(super) async fn read(engine: &'a Engine, token: &str) -> Result<Self> {
        let claims = LinkClaims::open(token, engine.sealer(), engine.now())?;
        let project = claims.project();
        let account = engine.store().account(&project, &claims.account).await?;
        let works = match &account {
            None => !claims.reconnect && !claims.begun,
            Some(account) if claims.reconnect => account.status.can_reconnect(),
            Some(account) => matches!(account.status, composio_core::ConnectionStatus::Initiated),
        };
        works.then_some(Self { engine, project, claims, account }).ok_or_else(dead_link)
    }

    pub(super) fn toolkit(&self) -> Result<&'a Toolkit> {
        self.engine.catalog().toolkit(&self.claims.toolkit).map_err(|_| dead_link())
    }

    /// The session that made the link. A link does not outlive it, nor what it allows.
    pub(super) async fn scope(&self) -> Result<Scope<'_>> {
        let scope = Scope::open(self.engine, &self.project, &self.claims.session).await.map_err(|_| dead_link())?;
        scope.permit(self.toolkit()?).map_err(|_| dead_link())?;
        let own = self.account.as_ref().is_none_or(|account| account.user == scope.session.user);
        own.then_some(scope).ok_or_else(dead_link)
    }

    /// What the page shows.
    pub(super) async fn page(&self, scope: &Scope<'_>) -> Result<LinkPage> {
        let toolkit = self.toolkit()?;
        let (scheme, config) = self.scheme(scope, toolkit).await?;
        let mut page = LinkPage::new(toolkit.slug.clone(), scheme, self.claims.expires_at);
        page.toolkit_name.clone_from(&toolkit.manifest.name);
        page.toolkit_logo = toolkit.manifest.logo.as_ref().map(ToString::to_string);
        page.user_label = scope.session.user.as_str().to_owned();
        match scheme {
            AuthScheme::OAuth2 => {
                let asked = config.as_ref().map_or(Ok(&*toolkit.oauth2()?.scopes), |config| scopes(toolkit, config))?;
                page.scopes = asked.to_vec();
            }
            AuthScheme::ApiKey => page.fields = form_fields(toolkit.api_key()?),
            _ => {}
        }
        let known = self.account.as_ref().filter(|_| self.claims.reconnect);
        page.reconnects = known.and_then(|account| account.identity.as_ref()).map(|identity| identity.label.clone());
        Ok(page)
    }

    /// How the account will be authenticated: as its config says, or the one that pressing on would choose or make.
    async fn scheme(&self, scope: &Scope<'_>, toolkit: &Toolkit) -> Result<(AuthScheme, Option<AuthConfig>)> {
        let store = self.engine.store();
        let id = match &self.account {
            Some(account) => account.auth_config.clone(),
            None => {
                let candidates = scope.candidates(toolkit).await?;
                match select_auth_config(&scope.input(toolkit, &candidates, None)).map_err(|_| dead_link())? {
                    ConfigChoice::Existing { auth_config, .. } => auth_config,
                    ConfigChoice::Provision { scheme } => return Ok((scheme, None)),
                    _ => return Err(dead_link()),
                }
            }
        };
        let config = store.auth_config(&self.project, &id).await?.filter(|config| config.enabled);
        let config = config.ok_or_else(dead_link)?;
        Ok((config.scheme, Some(config)))
    }
}
