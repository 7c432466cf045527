//! What a caller gets when things break, and how often the server is asked: one row for each fault.

use std::time::Duration;

use composio_core::hosted::HostedClient;
use composio_core::{Error, ErrorKind, Result, Retry};
use futures::StreamExt;
use futures::future::join_all;
use futures::stream;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::proxy::{Fault, Proxy};
use super::stub::{Answer, Stub, head};
use super::{KEY, client, options, read, session, write};

/// How a fault is made.
#[derive(Clone)]
enum Trouble {
    /// The connection breaks.
    Wire(Fault, Answer),
    /// The server answers so, once.
    Said(Answer),
    /// The server answers so whenever it is asked.
    Always(Answer),
    /// Nobody listens for a while.
    Refused,
    /// Nobody listens at all.
    Nobody,
    /// The connection is opened before, and closed by the server when it is idle.
    Stale,
    /// The connection is opened before, and breaks under the next request.
    StaleReset,
}

/// What a call comes to: how often the server sees a request of it, and its kind of error if it has one.
type Fate = (usize, Result<(), ErrorKind>);

const OK: Result<(), ErrorKind> = Ok(());
const LOST: Result<(), ErrorKind> = Err(ErrorKind::OutcomeUnknown);
const LIMITED: Result<(), ErrorKind> = Err(ErrorKind::RateLimited);

/// More seconds than a time can be away.
const AGES: &str = "10000000000000000000";

/// How much of a reply is read here.
const MOST: usize = 1000 * 1000;

/// The table: a fault, what becomes of a call that reads, and of one that writes. 100 MB are more than is read.
fn table() -> Vec<(&'static str, Trouble, Fate, Fate)> {
    use ErrorKind::{Unavailable, Unexpected};
    use Trouble::{Always, Nobody, Refused, Said, Stale, StaleReset, Wire};
    let big = 100 * 1000 * 1000;
    let elsewhere = |status| Answer::new(status, "").header("location", "http://127.0.0.1:9/api/v3.1/x");
    vec![
        ("none", Said(Answer::ok()), (1, OK), (1, OK)),
        ("connection refused at first", Refused, (1, OK), (1, OK)),
        ("connection refused", Nobody, (0, Err(Unavailable)), (0, Err(Unavailable))),
        ("idle connection closed", Stale, (1, OK), (1, OK)),
        ("idle connection reset under the request", StaleReset, (1, OK), (0, LOST)),
        ("reset before the request body", Wire(Fault::ResetBeforeBody, Answer::ok()), (1, OK), (0, LOST)),
        ("reset after the request body", Wire(Fault::ResetAfterRequest, Answer::ok()), (2, OK), (1, LOST)),
        ("half a reply, content-length", Wire(Fault::HalfReply, Answer::ok()), (2, OK), (1, LOST)),
        ("half a reply, chunked", Wire(Fault::HalfReply, Answer::ok().chunked()), (2, OK), (1, LOST)),
        ("a reply that ends too early", Said(Answer::new(200, "{\"items\": [")), (2, OK), (1, LOST)),
        ("stall", Wire(Fault::Stall, Answer::ok()), (2, OK), (1, LOST)),
        ("slow trickle", Wire(Fault::Trickle, Answer::ok()), (1, OK), (1, OK)),
        ("429, Retry-After: 0", Said(Answer::status(429).header("retry-after", "0")), (2, OK), (2, OK)),
        ("429, Retry-After: 1", Said(Answer::status(429).header("retry-after", "1")), (2, OK), (2, OK)),
        ("429, Retry-After: a date", Said(dated(Answer::status(429))), (2, OK), (2, OK)),
        ("503", Said(Answer::status(503)), (2, OK), (1, LOST)),
        (
            "503, Retry-After: for ever",
            Said(Answer::status(503).header("retry-after", AGES)),
            (1, Err(Unavailable)),
            (1, LOST),
        ),
        (
            "429, Retry-After: for ever",
            Said(Answer::status(429).header("retry-after", AGES)),
            (1, LIMITED),
            (1, LIMITED),
        ),
        ("503, Retry-After: 0", Said(Answer::status(503).header("retry-after", "0")), (2, OK), (1, LOST)),
        ("500, whenever asked", Always(Answer::status(500)), (5, Err(Unavailable)), (1, LOST)),
        ("500, x-should-retry: false", Said(final_(500)), (1, Err(Unavailable)), (1, LOST)),
        ("wrong content type", Said(Answer::html()), (2, OK), (1, LOST)),
        ("wrong content type, whenever asked", Always(Answer::html()), (5, Err(Unexpected)), (1, LOST)),
        ("invalid JSON", Said(Answer::new(200, "{\"items\": nope}")), (2, OK), (1, LOST)),
        ("100 MB, announced", Said(Answer::ok().announcing(big)), (1, Err(Unexpected)), (1, LOST)),
        ("100 MB, chunked", Said(Answer::ok().chunked().announcing(big)), (1, Err(Unexpected)), (1, LOST)),
        ("gzip", Said(Answer::gzipped(false)), (1, OK), (1, OK)),
        ("gzip, cut", Said(Answer::gzipped(true)), (2, OK), (1, LOST)),
        ("307 to another origin", Said(elsewhere(307)), (1, Err(Unexpected)), (1, Err(Unexpected))),
        ("302 to another origin", Said(elsewhere(302)), (1, Err(Unexpected)), (1, LOST)),
        ("303 to another origin", Said(elsewhere(303)), (1, Err(Unexpected)), (1, LOST)),
    ]
}

fn final_(status: u16) -> Answer {
    Answer::status(status).header("x-should-retry", "false")
}

fn dated(answer: Answer) -> Answer {
    let (date, later) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT");
    answer.header("date", date).header("retry-after", later)
}

/// A client in trouble, the server, and how often that was asked before the trouble.
async fn stage(trouble: Trouble) -> (HostedClient, Stub, Option<Proxy>, usize) {
    let stub = match &trouble {
        Trouble::Wire(_, answer) => Stub::start([answer.clone()]).await,
        Trouble::Said(answer) => Stub::start([answer.clone()]).await,
        Trouble::Always(answer) => Stub::always(answer.clone()).await,
        Trouble::Refused | Trouble::Nobody | Trouble::Stale | Trouble::StaleReset => Stub::start([]).await,
    };
    let proxy = match &trouble {
        Trouble::Wire(fault, _) => Some(Proxy::start(stub.address, [*fault]).await),
        Trouble::Refused => Some(Proxy::refusing(stub.address, Duration::from_millis(150))),
        Trouble::Nobody => Some(Proxy::refusing(stub.address, Duration::from_secs(3600))),
        Trouble::Stale => Some(Proxy::start(stub.address, [Fault::CloseAfterReply]).await),
        Trouble::StaleReset => Some(Proxy::start(stub.address, [Fault::ResetSecond]).await),
        Trouble::Said(_) | Trouble::Always(_) => None,
    };
    let url = proxy.as_ref().map_or_else(|| stub.url(), Proxy::url);
    let limit = match trouble {
        // What a tool takes is bounded by the whole call alone.
        Trouble::Wire(Fault::Stall, _) => Duration::from_millis(900),
        _ => Duration::from_secs(10),
    };
    // Sixty calls share one thread here: a busy machine is no silent server, and 64 MB take a while to read.
    let options = options(&url).timeout(limit).read_timeout(Duration::from_millis(700)).max_reply(MOST);
    let client = HostedClient::new(options).unwrap();
    if matches!(trouble, Trouble::Stale | Trouble::StaleReset) {
        read(&client).await.unwrap();
        // The connection learns of its end as soon as it is looked at.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = stub.count();
    (client, stub, proxy, before)
}

fn shown(fate: &Fate) -> String {
    let (seen, result) = fate;
    match result {
        Ok(()) => format!("ok, {seen} seen"),
        Err(kind) => format!("{kind:?}, {seen} seen"),
    }
}

/// What every error here has to be: without the key, with the id of the request, and safe to try again only if it says so.
fn checked(name: &str, error: &Error) -> ErrorKind {
    let debug = format!("{error:?} {error} {}", error.for_model());
    assert!(!debug.contains(KEY) && !debug.contains("s3cret"), "{name}: {debug}");
    let id = error.context().find(|(name, _)| *name == "request_id").map(|(_, id)| id).unwrap();
    assert_eq!(id.len(), 32, "{name}: {id}");
    if error.kind() == ErrorKind::OutcomeUnknown {
        assert_eq!((error.log_id(), error.retry()), (Some(id), Retry::Never), "{name}");
    }
    error.kind()
}

#[tokio::test]
async fn each_fault_has_its_fate() {
    println!("{:<42} {:<22} {:<22}", "fault", "a call that reads", "a call that writes");
    let rows = table().into_iter().map(|(name, trouble, reads, writes)| async move {
        let read = async {
            let (client, stub, _proxy, before) = stage(trouble.clone()).await;
            let read = read(&client).await.map_err(|error| checked(name, &error));
            (stub.count() - before, read)
        };
        let written = async {
            let (client, stub, _proxy, before) = stage(trouble.clone()).await;
            let written = write(&client).await.map_err(|error| checked(name, &error));
            (stub.count() - before, written)
        };
        let (read, written) = tokio::join!(read, written);
        (name, read, written, reads, writes)
    });
    let mut wrong = Vec::new();
    for (name, read, written, reads, writes) in join_all(rows).await {
        println!("{name:<42} {:<22} {:<22}", shown(&read), shown(&written));
        if (read, written) != (reads, writes) {
            wrong.push(format!("{name}: {} and {} expected", shown(&reads), shown(&writes)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn sixty_reads_survive_six_faults() {
    let stub = Stub::start([Answer::status(503), Answer::new(200, "{\"items\": [")]).await;
    let faults = [Fault::ResetAtOnce, Fault::ResetAfterRequest, Fault::HalfReply, Fault::Stall];
    let proxy = Proxy::start(stub.address, faults).await;
    let client = client(&proxy.url());
    let began = Instant::now();
    let results = join_all((0..60).map(|_| read(&client))).await;
    let took = began.elapsed();
    println!("60 reads with six faults: {took:?}, {} requests seen", stub.count());
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

/// A write that meets a reset at once may or may not have been written: either way it is never done twice, and never
/// called failed when it was done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_never_done_twice() {
    // Most of the time is a pause before the next attempt.
    let calls = stream::iter(0..60).for_each_concurrent(10, |_| async {
        let stub = Stub::start([]).await;
        let proxy = Proxy::start(stub.address, [Fault::ResetAtOnce]).await;
        let result = write(&client(&proxy.url())).await;
        match (&result, stub.count()) {
            (Ok(()), 1) => {}
            (Err(error), 0) => assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}"),
            (_, seen) => panic!("{seen} seen, {result:?}"),
        }
    });
    calls.await;
}

/// Without a body there is less to go by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_without_a_body_is_never_done_twice() {
    let faults = [Fault::ResetAtOnce, Fault::ResetBeforeBody, Fault::ResetAfterRequest, Fault::HalfReply];
    let calls = stream::iter(faults.repeat(10)).for_each_concurrent(10, |fault| async move {
        let stub = Stub::start([]).await;
        let proxy = Proxy::start(stub.address, [fault]).await;
        let result = client(&proxy.url()).delete_session(&session()).await;
        let kind = result.err().map(|error| error.kind());
        assert!(stub.count() <= 1 && kind.is_none_or(|kind| kind == ErrorKind::OutcomeUnknown), "{fault:?} {kind:?}");
    });
    calls.await;
    let stub = Stub::start([]).await;
    let proxy = Proxy::refusing(stub.address, Duration::from_millis(100));
    let _ = client(&proxy.url()).delete_session(&session()).await;
    assert_eq!(stub.count(), 1, "what met nobody is sent when somebody is there");
}

/// The time of a call runs out at every moment of it, while the connection works on in another thread: what is said to
/// be unsent never arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_said_to_be_unsent_never_arrives() {
    let lanes = join_all((0..4).map(|lane| given_up((lane..160).step_by(4)))).await;
    let sum = |of: fn(&[u32; 3]) -> u32| lanes.iter().map(of).sum::<u32>();
    let (unsent, unknown, done) = (sum(|lane| lane[0]), sum(|lane| lane[1]), sum(|lane| lane[2]));
    println!("given up at every moment: {unsent} unsent, {unknown} unknown, {done} done");
    assert!(unsent > 0 && done > 0);
}

/// Writes that are given up after so many times ten microseconds: how many were unsent, unknown and done.
async fn given_up(steps: impl Iterator<Item = u64>) -> [u32; 3] {
    let stub = Stub::start([]).await;
    let [mut unsent, mut unknown, mut done] = [0; 3];
    for step in steps {
        let limit = Duration::from_micros(10 * step);
        let client = HostedClient::new(options(&stub.url()).timeout(limit)).unwrap();
        let before = stub.count();
        match write(&client).await.map_err(|error| error.kind()) {
            Ok(()) => done += 1,
            Err(ErrorKind::OutcomeUnknown) => unknown += 1,
            Err(kind) => {
                assert!(matches!(kind, ErrorKind::Timeout | ErrorKind::Unavailable), "{kind:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
                assert_eq!(stub.count(), before, "after {limit:?}");
                unsent += 1;
            }
        }
        // What was given up may still arrive.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    [unsent, unknown, done]
}

/// A timer of the HTTP client ends a request without telling its connection. For one without a body, nothing else tells
/// whether it was sent.
#[tokio::test]
async fn a_timer_of_the_client_proves_nothing_about_a_request_without_a_body() {
    // It takes connections, and never greets.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let limit = Duration::from_millis(20);
    let options = options(&url).timeout(limit * 2).configure(move |client| client.timeout(limit));
    let client = HostedClient::new(options).unwrap();
    assert_eq!(client.delete_session(&session()).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(write(&client).await.unwrap_err().kind(), ErrorKind::Timeout, "a body that nobody asked for says more");
}

#[tokio::test]
async fn limits_without_end_are_limits() {
    let stub = Stub::start([]).await;
    let ever = Duration::MAX;
    let options = options(&stub.url()).timeout(ever).read_timeout(ever).connect_timeout(ever).rate_limit_wait(ever);
    let client = HostedClient::new(options).unwrap();
    read(&client).await.unwrap();
    write(&client).await.unwrap();
}

#[tokio::test]
async fn a_call_that_is_given_up_is_not_sent_again() {
    let stub = Stub::always(Answer::ok().after(Duration::from_millis(100))).await;
    let client = client(&stub.url());
    let given_up = tokio::time::timeout(Duration::from_millis(50), write(&client)).await;
    assert!(given_up.is_err());
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(stub.count(), 1);
    write(&client).await.unwrap();
}

#[tokio::test]
async fn a_large_reply_is_refused_before_it_is_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut announcing = JoinSet::new();
    announcing.spawn(async move {
        // It says how much comes, and then nothing comes.
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n").await;
            open.push(stream);
        }
    });
    let client = HostedClient::new(options(&url).max_reply(1000)).unwrap();
    let error = read(&client).await.unwrap_err();
    assert!(error.to_string().contains("1000 bytes") && error.to_string().contains("max_reply"), "{error}");
    let error = write(&client).await.unwrap_err();
    assert!(error.for_model().contains("likely taken effect"), "{}", error.for_model());
}
