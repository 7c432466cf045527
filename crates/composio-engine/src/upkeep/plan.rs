//! When a credential is renewed by itself, and when a service that refused is asked again. Pure.

use std::time::Duration;

use composio_core::Timestamp;

use crate::credential::{Credential, Tokens};

/// The least time before its end at which a token is renewed by itself.
const LEAST_MARGIN: Duration = Duration::from_secs(300);
/// How long a service that refused to renew is left alone: after the first time, and after the second. After the third the
/// account has ended.
const PAUSES: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(120)];
/// The longest time after which a renewal that did not come about is tried again by itself.
const TROUBLE: Duration = Duration::from_secs(120);

/// How often in a row a service has to refuse before an account ends.
pub(crate) const REFUSALS: u32 = PAUSES.len() as u32 + 1;

/// From when on a token is renewed by itself: a tenth of its life before its end, five minutes at least, and never in the
/// first half of its life. None for a token that has no end.
pub(crate) fn opens(tokens: &Tokens) -> Option<Timestamp> {
    Some(earlier(tokens.expires_at?, margin(tokens)?))
}

/// When a credential is to be looked at next, where `share` of the time between the [opening](opens) and half of what is
/// left then is given to chance: tokens that were made together are not renewed together.
///
/// A token that cannot be renewed is looked at when it is over, because its account is, too.
pub(crate) fn next_look(credential: &Credential, share: f64) -> Option<Timestamp> {
    let Credential::OAuth2(tokens) = credential else { return None };
    if tokens.refresh_token.is_none() {
        return tokens.expires_at;
    }
    Some(opens(tokens)?.plus((margin(tokens)? / 2).mul_f64(share.clamp(0.0, 1.0))))
}

/// How long a service is left alone that has refused so often in a row; none where that was once too often.
pub(crate) fn pause(refusals: u32) -> Option<Duration> {
    PAUSES.get(refusals.checked_sub(1)? as usize).copied()
}

/// When a renewal is tried again that did not come about for another reason.
pub(crate) fn after_trouble(now: Timestamp, share: f64) -> Timestamp {
    now.plus(TROUBLE.mul_f64(0.5 + share.clamp(0.0, 1.0) / 2.0))
}

fn margin(tokens: &Tokens) -> Option<Duration> {
    let end = tokens.expires_at?;
    // Where nobody wrote down when it was given, five minutes have to do.
    let Some(life) = tokens.obtained_at.map(|begin| between(begin, end)) else { return Some(LEAST_MARGIN) };
    Some((life / 10).max(LEAST_MARGIN).min(life / 2))
}

fn between(begin: Timestamp, end: Timestamp) -> Duration {
    let micros = end.as_micros().saturating_sub(begin.as_micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.as_micros().saturating_sub(by))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn tokens(begin: Option<i64>, end: Option<i64>) -> Tokens {
        let at = |seconds: i64| Timestamp::from_micros(seconds * SECOND);
        Tokens {
            access_token: "a".into(),
            refresh_token: Some("r".into()),
            obtained_at: begin.map(at),
            expires_at: end.map(at),
            scopes: Vec::new(),
        }
    }

    #[test]
    fn tokens_are_renewed_ahead_of_their_end_with_some_chance() {
        for (begin, end, earliest, latest) in [
            // A tenth of a long life, and half of that is left to chance.
            (Some(0), 36_000, 32_400, 34_200),
            (Some(100), 36_100, 32_500, 34_300),
            // Five minutes at least.
            (Some(0), 3_600, 3_240, 3_420),
            (Some(0), 1_800, 1_500, 1_650),
            // Never in the first half.
            (Some(0), 600, 300, 450),
            (Some(0), 60, 30, 45),
            (Some(0), 0, 0, 0),
            // It was over when it came.
            (Some(100), 50, 50, 50),
            // Kept by a version that did not write down when.
            (None, 3_600, 3_300, 3_450),
        ] {
            let tokens = tokens(begin, Some(end));
            let at = |share| next_look(&Credential::OAuth2(tokens.clone()), share).unwrap().as_micros() / SECOND;
            let opens = opens(&tokens).unwrap().as_micros() / SECOND;
            assert_eq!((opens, at(0.0), at(1.0)), (earliest, earliest, latest), "{begin:?} {end}");
            assert!(at(0.5) >= earliest && at(0.5) <= latest);
            assert_eq!((at(-1.0), at(2.0)), (earliest, latest), "chance stays in its place");
        }
    }

    #[test]
    fn what_has_no_end_is_not_looked_at() {
        let fields = Credential::Fields { values: std::collections::BTreeMap::new() };
        assert_eq!(next_look(&fields, 0.5), None);
        assert_eq!(next_look(&Credential::OAuth2(tokens(Some(0), None)), 0.5), None);
        let lone = Tokens { refresh_token: None, ..tokens(Some(0), Some(60)) };
        assert_eq!(next_look(&Credential::OAuth2(lone), 0.5), Some(Timestamp::from_micros(60 * SECOND)));
    }

    #[test]
    fn a_service_that_refuses_is_asked_three_times() {
        let pauses: Vec<_> = (0..5).map(|refusals| pause(refusals).map(|pause| pause.as_secs())).collect();
        assert_eq!(pauses, [None, Some(30), Some(120), None, None]);
        assert_eq!(REFUSALS, 3);
    }

    #[test]
    fn trouble_is_left_a_minute_or_two() {
        let at = |share| after_trouble(Timestamp::from_micros(0), share).as_micros() / SECOND;
        assert_eq!((at(0.0), at(1.0)), (60, 120));
    }
}
