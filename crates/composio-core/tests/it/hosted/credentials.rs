//! Where the key goes, and where it does not.

use composio_core::ErrorKind;
use composio_core::hosted::{HostedClient, HostedOptions};

use super::stub::{Answer, Stub};
use super::{KEY, client, options, read, write};

#[tokio::test]
async fn every_request_has_one_credential_and_the_id_of_its_call() {
    let stub = Stub::start([Answer::status(503)]).await;
    let client = client(&stub.url());
    read(&client).await.unwrap();
    write(&client).await.unwrap();
    let seen = stub.seen();
    let ids: Vec<_> = seen.iter().map(|seen| seen.header("x-request-id").unwrap()).collect();
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}: an attempt keeps the id, a call has its own");
    assert!(ids[0].len() == 32 && ids[0].bytes().all(|byte| byte.is_ascii_hexdigit()), "{ids:?}");
    for seen in &seen {
        assert_eq!(seen.header("x-api-key"), Some(KEY));
        assert!(seen.header("x-user-api-key").is_none() && seen.header("authorization").is_none());
        assert!(seen.header("user-agent").unwrap().starts_with("composio-rust/"));
        assert_eq!((seen.header("accept"), seen.header("accept-encoding")), (Some("application/json"), Some("gzip")));
        assert!(seen.header("referer").is_none());
    }
    assert_eq!(seen[0].line, "GET /api/v3.1/tool_router/session/trs_1/config_history HTTP/1.1");
    assert_eq!((seen[0].header("content-type"), seen[0].header("content-length")), (None, None));
    assert_eq!(seen[2].header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_user_key_travels_with_both_ids() {
    let stub = Stub::start([]).await;
    let options = HostedOptions::user_key("uak_s3cret").scope("ok_1", "pr_1").base_url(stub.url());
    read(&HostedClient::new(options).unwrap()).await.unwrap();
    let seen = &stub.seen()[0];
    let headers = ["x-user-api-key", "x-org-id", "x-project-id", "x-api-key"].map(|name| seen.header(name));
    assert_eq!(headers, [Some("uak_s3cret"), Some("ok_1"), Some("pr_1"), None]);
}

/// With a client of our own, and with one of the caller's.
#[tokio::test]
async fn another_origin_never_sees_a_request() {
    let other = Stub::start([]).await;
    let policy = composio_core::hosted::reqwest::redirect::Policy::none();
    // Nothing here is encrypted, but a client has to have the means.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let given = composio_core::hosted::reqwest::Client::builder().tls_certs_only([]).redirect(policy).build();
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/api/v3.1/x?token=s3cret", other.url());
        let stub = Stub::always(Answer::new(status, "").header("location", &to)).await;
        for options in [options(&stub.url()), options(&stub.url()).client(given.as_ref().unwrap().clone())] {
            let client = HostedClient::new(options).unwrap();
            for error in [read(&client).await.unwrap_err(), write(&client).await.unwrap_err()] {
                let text = format!("{error:?}");
                assert!(text.contains(&other.url()) && !text.contains("s3cret"), "{text}");
            }
        }
        assert_eq!(stub.count(), 4);
    }
    assert_eq!(other.count(), 0);
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_for_what_reads_alone() {
    let moved = || Answer::new(307, "").header("location", "/moved?x=1");
    let stub = Stub::start([moved()]).await;
    read(&client(&stub.url())).await.unwrap();
    let seen = stub.seen();
    assert!(seen.len() == 2 && seen[1].line == "GET /moved?x=1 HTTP/1.1", "{seen:?}");
    assert_eq!(seen[1].header("x-api-key"), Some(KEY));

    let stub = Stub::start([moved()]).await;
    let error = write(&client(&stub.url())).await.unwrap_err();
    assert_eq!((error.kind(), stub.count()), (ErrorKind::Unexpected, 1));

    let stub = Stub::always(moved()).await;
    let error = read(&client(&stub.url())).await.unwrap_err();
    assert_eq!((error.kind(), stub.count()), (ErrorKind::Unexpected, 11), "a circle ends");
}

#[tokio::test]
async fn a_key_that_the_server_repeats_is_not_repeated() {
    let stub = Stub::always(Answer::new(401, format!(r#"{{"error":{{"message":"Invalid API key: {KEY}"}}}}"#))).await;
    let error = read(&client(&stub.url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(error.to_string().contains("Invalid API key: [key]") && !format!("{error:?}").contains(KEY), "{error:?}");
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn options_that_cannot_work_are_refused() {
    for (options, says) in [
        (HostedOptions::new(""), "is empty"),
        (HostedOptions::new("ak_s3cret\n"), "line break"),
        (HostedOptions::new("uak_s3cret"), "user_key"),
        (HostedOptions::new("ak_s3cret").base_url("http://backend.composio.dev"), "allow_insecure_http"),
        (HostedOptions::new("ak_s3cret").base_url("https://me:s3cret@self.example"), "password"),
        (HostedOptions::new("ak_s3cret").base_url("https://self.example/v1"), "path"),
    ] {
        let shown = format!("{options:?}");
        let error = HostedClient::new(options).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains(says), "{error}");
        assert!(!format!("{error:?}{shown}").contains("s3cret"), "{error:?} {shown}");
    }
}
