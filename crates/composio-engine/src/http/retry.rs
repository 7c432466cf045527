//! When a request that changes nothing is sent again.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// The first pause; each further one is twice as long.
pub(super) const BASE: Duration = Duration::from_millis(200);
/// Who asks for a longer pause gets its answer handed on instead.
const LONGEST: Duration = Duration::from_secs(10);

/// How long to wait before sending again after this answer; none where it is the answer.
pub(super) fn after_reply(reply: &Response<Bytes>, base: Duration, tries: u32) -> Option<Duration> {
    if !matches!(reply.status().as_u16(), 429 | 502 | 503 | 504) {
        return None;
    }
    match retry_after(reply.headers()) {
        Some(wait) => Some(wait).filter(|wait| *wait <= LONGEST),
        None => Some(backoff(base, tries)),
    }
}

/// A pause that doubles with each try, of which the last half is left to chance: those who failed together should not come
/// back together.
pub(super) fn backoff(base: Duration, tries: u32) -> Duration {
    let whole = base.saturating_mul(1 << tries.min(5)).min(LONGEST);
    let chance = crate::random::bytes::<1>().map_or(128, |[byte]| byte);
    whole / 2 + whole.mul_f64(f64::from(chance) / 512.0)
}

/// How long an answer asks to wait: `Retry-After` in seconds, or as a date, which is read against the answer's own `Date`
/// so that no clock is needed.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = date(headers, &header::RETRY_AFTER)?.duration_since(date(headers, &header::DATE)?);
    Some(Duration::try_from(until).unwrap_or(Duration::ZERO))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(headers.get(name)?.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&str, &str)]) -> Response<Bytes> {
        let builder =
            headers.iter().fold(Response::builder().status(status), |reply, (name, value)| reply.header(*name, *value));
        builder.body(Bytes::new()).unwrap()
    }

    #[test]
    fn how_long_an_answer_asks_to_wait() {
        let (date, later) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:07 GMT");
        for (headers, expected) in [
            (vec![], None),
            (vec![("retry-after", "0")], Some(0)),
            (vec![("retry-after", " 120 ")], Some(120)),
            (vec![("retry-after", "-1")], None),
            (vec![("retry-after", "soon")], None),
            (vec![("retry-after", later), ("date", date)], Some(30)),
            (vec![("retry-after", date), ("date", later)], Some(0)),
            (vec![("retry-after", later)], None),
        ] {
            let seconds = retry_after(reply(429, &headers).headers()).map(|wait| wait.as_secs());
            assert_eq!(seconds, expected, "{headers:?}");
        }
    }

    #[test]
    fn which_answers_are_asked_for_again() {
        for (status, again) in [
            (200, false),
            (400, false),
            (404, false),
            (429, true),
            (500, false),
            (501, false),
            (502, true),
            (503, true),
            (504, true),
        ] {
            assert_eq!(after_reply(&reply(status, &[]), BASE, 0).is_some(), again, "{status}");
        }
        let wait = |text| after_reply(&reply(503, &[("retry-after", text)]), BASE, 0);
        assert_eq!((wait("10"), wait("11")), (Some(LONGEST), None));
    }

    #[test]
    fn pauses_double_and_end() {
        for (tries, most) in [(0, 200), (1, 400), (2, 800), (3, 1600), (63, 6400)] {
            let most = Duration::from_millis(most);
            let wait = backoff(BASE, tries);
            assert!(wait >= most / 2 && wait <= most, "{tries}: {wait:?}");
        }
        assert!(backoff(Duration::from_secs(60), 9) <= LONGEST);
    }
}
