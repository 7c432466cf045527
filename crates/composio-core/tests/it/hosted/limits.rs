//! Rate limits: what one call learns, all calls of a client keep to.

use std::time::Duration;

use composio_core::hosted::HostedClient;
use composio_core::{ErrorKind, Result, Retry};
use futures::future::join_all;
use tokio::time::Instant;

use super::stub::{Answer, LIMITED_TAKES, Stub};
use super::{client, options, read, write};

#[tokio::test]
async fn sixty_four_calls_wait_once() {
    let window = Duration::from_millis(400);
    let stub = Stub::limited(window).await;
    let client = client(&stub.url());
    let began = Instant::now();
    let results = join_all((0..64).map(|_| write(&client))).await;
    let took = began.elapsed();
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let seen = stub.seen();
    let first = seen[0].at;
    // Those that were under way when the limit was reached come at once; then nobody until it lifts.
    let meanwhile = seen.iter().filter(|seen| (250..390).contains(&(seen.at - first).as_millis())).count();
    let refused = seen.len() - 64;
    println!("64 calls into a 429: {took:?}, {} requests seen, {refused} refused, {meanwhile} in between", seen.len());
    assert_eq!(meanwhile, 0);
    assert!(refused <= 65, "{refused}");
    assert!(took >= window && took < window * 3, "{took:?}");
    let after: Vec<_> = seen.iter().filter(|seen| seen.at - first >= Duration::from_millis(390)).collect();
    let (ahead, next) = (after[0].at, after[1].at);
    assert!(next - ahead >= LIMITED_TAKES, "one goes ahead, and the others wait for its answer: {:?}", next - ahead);
}

#[tokio::test]
async fn no_call_waits_longer_than_it_may_however_many_wait() {
    let stub = Stub::always(Answer::status(429).header("retry-after-ms", "50")).await;
    let client = HostedClient::new(options(&stub.url()).rate_limit_wait(Duration::from_millis(120))).unwrap();
    let began = Instant::now();
    let results = join_all((0..20).map(|_| write(&client))).await;
    let took = began.elapsed();
    println!("20 calls into an endless 429: {took:?}, {} requests seen", stub.count());
    for error in results.into_iter().map(Result::unwrap_err) {
        assert!(error.kind() == ErrorKind::RateLimited && error.retry() != Retry::Never, "{error:?}");
    }
    // One after the other, twenty calls would wait for a hundred limits, which is five seconds.
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(stub.count() <= 20 + 3, "{}", stub.count());
}

#[tokio::test]
async fn a_call_that_comes_later_keeps_to_what_is_known() {
    let stub = Stub::limited(Duration::from_millis(300)).await;
    let client = client(&stub.url());
    let (first, later) = tokio::join!(read(&client), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        read(&client.clone()).await
    });
    first.unwrap();
    later.unwrap();
    assert_eq!(stub.count(), 3, "one was refused, and two succeeded");
}

#[tokio::test]
async fn a_limit_that_lifts_too_late_is_an_error_at_once() {
    let stub = Stub::start([Answer::status(429).header("retry-after", "3600").header("x-ratelimit", "2000")]).await;
    let client = client(&stub.url());
    let error = write(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::RateLimited, Retry::After(Duration::from_secs(3600))));
    assert!(error.context().any(|(name, value)| name == "rate_limit" && value == "2000"), "{error:?}");
    let error = read(&client).await.unwrap_err();
    let Retry::After(left) = error.retry() else { panic!("{error:?}") };
    assert!(error.kind() == ErrorKind::RateLimited && left > Duration::from_secs(3590), "{error:?}");
    assert_eq!(stub.count(), 1, "nobody asks while it is known to be in vain");
}

#[tokio::test]
async fn a_server_that_never_relents_is_asked_five_times() {
    let stub = Stub::always(Answer::status(429).header("retry-after", "0")).await;
    let error = write(&client(&stub.url())).await.unwrap_err();
    assert_eq!((error.kind(), stub.count()), (ErrorKind::RateLimited, 5));
}

#[tokio::test]
async fn who_gives_up_in_the_middle_holds_nobody_up() {
    let stub = Stub::start([
        Answer::status(429).header("retry-after-ms", "50"),
        Answer::ok().after(Duration::from_secs(3600)),
    ])
    .await;
    let client = HostedClient::new(options(&stub.url())).unwrap();
    let ahead = tokio::time::timeout(Duration::from_millis(150), write(&client)).await;
    assert!(ahead.is_err(), "it went ahead, and got no answer");
    let next = tokio::time::timeout(Duration::from_millis(500), write(&client)).await;
    next.unwrap().unwrap();
    assert_eq!(stub.count(), 3);
}
