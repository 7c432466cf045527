//! Whether a request is sent again, and when: pure, but for the part of a pause that is left to chance.

use std::time::Duration;

use http::{HeaderMap, HeaderName, StatusCode, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::clock::FOREVER;
use super::request::Resend;

/// How often a request is sent at most.
pub(super) const ATTEMPTS: u32 = 5;
/// The first pause; each further one is twice as long.
const BASE: Duration = Duration::from_millis(75);
/// The first wait after a 429 that does not say how long.
const LIMITED: Duration = Duration::from_secs(1);
/// Where doubling ends.
const LONGEST: Duration = Duration::from_secs(8);

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// What became of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome<'a> {
    /// There is no whole reply. `sent` unless it is certain that nothing of the request was written.
    Failed { sent: bool },
    /// There is a reply that says it succeeded, and no sense in it.
    Garbled,
    /// There is a reply that says it failed.
    Refused { status: StatusCode, headers: &'a HeaderMap, now: Timestamp },
}

/// What follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the answer. The server may have said after how long another attempt is worth it.
    Final { after: Option<Duration> },
    /// This one call tries again after a pause.
    Again { pause: Duration },
    /// The server is at its limit: all calls wait this long, and this one tries again.
    Limited { wait: Duration },
}

/// Decides. `attempt` counts from one; `chance` is between nought and one.
pub(super) fn verdict(resend: Resend, attempt: u32, outcome: Outcome<'_>, chance: f64) -> Verdict {
    let more = attempt < ATTEMPTS;
    let again = |allowed: bool| match allowed && more {
        true => Verdict::Again { pause: backoff(BASE, attempt, chance) },
        false => Verdict::Final { after: None },
    };
    match outcome {
        Outcome::Failed { sent } => again(!sent || resend == Resend::Always),
        Outcome::Garbled => again(resend == Resend::Always),
        Outcome::Refused { status, headers, now } => {
            let after = retry_after(headers, now);
            let asked = should_retry(headers);
            let limited = status == StatusCode::TOO_MANY_REQUESTS;
            let passing = resend == Resend::Always && (asked == Some(true) || may_pass(status));
            match (more && asked != Some(false), limited, passing) {
                (true, true, _) => Verdict::Limited { wait: after.unwrap_or(backoff(LIMITED, attempt, 1.0)) },
                (true, false, true) => {
                    Verdict::Again { pause: after.unwrap_or_else(|| backoff(BASE, attempt, chance)) }
                }
                _ => Verdict::Final { after },
            }
        }
    }
}

/// Whether a status speaks of a moment and not of the request.
pub(super) fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// A pause that doubles with each attempt, of which the last half is left to chance: those who failed together should not
/// come back together.
fn backoff(base: Duration, attempt: u32, chance: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let whole = base.saturating_mul(1 << doublings).min(LONGEST);
    whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

/// What the server says about trying again, which goes before what the status suggests. Rule: `session-api` 1.9.
fn should_retry(headers: &HeaderMap) -> Option<bool> {
    match headers.get(SHOULD_RETRY)?.to_str().ok()? {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// How long a reply asks to wait: milliseconds, seconds, or a date, which is read against the reply's own date so that two
/// clocks need not agree. Rule: `session-api` 1.9.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    asked_to_wait(headers, now).map(|wait| wait.min(FOREVER))
}

fn asked_to_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    if let Some(millis) = text(headers, &RETRY_AFTER_MS).and_then(seconds) {
        return Some(millis / 1000);
    }
    let after = text(headers, &header::RETRY_AFTER)?;
    if let Some(after) = seconds(after) {
        return Some(after);
    }
    let now = text(headers, &header::DATE).and_then(date).unwrap_or(now);
    let wait = date(after)?.duration_since(now);
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:50:07 GMT";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), http::HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    fn now() -> Timestamp {
        "1994-11-06T08:49:57Z".parse().unwrap()
    }

    fn refused(resend: Resend, status: u16, pairs: &[(&'static str, &'static str)]) -> Verdict {
        let (status, headers) = (StatusCode::from_u16(status).unwrap(), headers(pairs));
        verdict(resend, 1, Outcome::Refused { status, headers: &headers, now: now() }, 1.0)
    }

    #[test]
    fn how_long_a_reply_asks_to_wait() {
        for (pairs, millis) in [
            (vec![], None),
            (vec![("retry-after", "0")], Some(0)),
            (vec![("retry-after", " 120 ")], Some(120_000)),
            (vec![("retry-after", "1.5")], Some(1500)),
            (vec![("retry-after", "-1")], None),
            (vec![("retry-after", "NaN")], None),
            (vec![("retry-after", "1e400")], None),
            (vec![("retry-after", "10000000000000000000")], Some(FOREVER.as_millis())),
            (vec![("retry-after", "soon")], None),
            (vec![("retry-after-ms", "250"), ("retry-after", "9")], Some(250)),
            (vec![("retry-after-ms", "soon"), ("retry-after", "9")], Some(9000)),
            (vec![("retry-after", LATER), ("date", DATE)], Some(30_000)),
            (vec![("retry-after", DATE), ("date", LATER)], Some(0)),
            (vec![("retry-after", LATER)], Some(10_000)),
            (vec![("retry-after", LATER), ("date", "today")], Some(10_000)),
            (vec![("retry-after", DATE)], Some(0)),
        ] {
            let wait = retry_after(&headers(&pairs), now()).map(|wait| wait.as_millis());
            assert_eq!(wait, millis, "{pairs:?}");
        }
    }

    #[test]
    fn what_is_sent_again_after_no_reply() {
        use Resend::{Always, Unsent};
        for (resend, sent, again) in
            [(Always, true, true), (Always, false, true), (Unsent, false, true), (Unsent, true, false)]
        {
            let verdict = verdict(resend, 1, Outcome::Failed { sent }, 0.0);
            assert_eq!(matches!(verdict, Verdict::Again { .. }), again, "{resend:?} {sent}");
        }
        for (resend, again) in [(Always, true), (Unsent, false)] {
            let verdict = verdict(resend, 1, Outcome::Garbled, 0.0);
            assert_eq!(matches!(verdict, Verdict::Again { .. }), again, "{resend:?}");
        }
    }

    #[test]
    fn what_is_sent_again_after_a_refusal() {
        for (status, reads) in [
            (400, false),
            (401, false),
            (403, false),
            (404, false),
            (408, true),
            (409, false),
            (410, false),
            (422, false),
            (425, true),
            (500, true),
            (502, true),
            (503, true),
            (504, true),
            (530, true),
        ] {
            let again = |verdict| matches!(verdict, Verdict::Again { .. });
            assert_eq!(again(refused(Resend::Always, status, &[])), reads, "{status}");
            assert!(!again(refused(Resend::Unsent, status, &[])), "{status}");
        }
    }

    #[test]
    fn a_429_is_everybodys_wait() {
        let limited = |wait| Verdict::Limited { wait: Duration::from_secs(wait) };
        for resend in [Resend::Always, Resend::Unsent] {
            assert_eq!(refused(resend, 429, &[("retry-after", "7")]), limited(7));
            assert_eq!(refused(resend, 429, &[("retry-after", LATER), ("date", DATE)]), limited(30));
            assert_eq!(refused(resend, 429, &[]), limited(1));
        }
    }

    #[test]
    fn the_servers_word_on_retrying_goes_first() {
        let no = [("x-should-retry", "false"), ("retry-after", "3")];
        let after = Some(Duration::from_secs(3));
        for status in [429, 500, 503] {
            assert_eq!(refused(Resend::Always, status, &no), Verdict::Final { after }, "{status}");
        }
        let yes = [("x-should-retry", "true")];
        assert!(matches!(refused(Resend::Always, 409, &yes), Verdict::Again { .. }));
        assert_eq!(refused(Resend::Unsent, 503, &yes), Verdict::Final { after: None }, "what is sent once stays so");
        let said = refused(Resend::Always, 503, &[("retry-after", "3")]);
        assert_eq!(said, Verdict::Again { pause: Duration::from_secs(3) });
    }

    #[test]
    fn pauses_double_and_attempts_end() {
        for (attempt, most) in [(1, 75), (2, 150), (3, 300), (4, 600)] {
            for (chance, millis) in [(0.0, most as f64 / 2.0), (1.0, most as f64)] {
                let outcome = Outcome::Failed { sent: true };
                let pause = Duration::from_secs_f64(millis / 1000.0);
                assert_eq!(verdict(Resend::Always, attempt, outcome, chance), Verdict::Again { pause });
            }
        }
        let outcome = Outcome::Failed { sent: false };
        assert_eq!(verdict(Resend::Always, ATTEMPTS, outcome, 0.0), Verdict::Final { after: None });
        assert_eq!(backoff(LIMITED, 60, 1.0), LONGEST);
    }
}
