//! The pages as a whole. The snapshots leave out the style sheet and the form's token.

use composio_core::{Error, ErrorKind, Refusal};

use crate::app::{Answer, App, connected, refused, with_key};

fn page(answer: &Answer) -> String {
    let (head, rest) = answer.body.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let mut page = format!("{}\n{head}<style>[style]</style>{rest}", answer.status);
    if page.contains("_csrf") {
        page = page.replace(&answer.csrf(), "[token]");
    }
    page
}

#[tokio::test]
async fn link() {
    insta::assert_snapshot!(page(&App::new().get("/link/good").await));
}

#[tokio::test]
async fn link_to_reconnect() {
    let app = App::new().page(|page| {
        page.reconnects = Some("ada-l".to_owned());
        page.user_label.clear();
        page.scopes.clear();
    });
    insta::assert_snapshot!(page(&app.get("/link/good").await));
}

#[tokio::test]
async fn key_form() {
    insta::assert_snapshot!(page(&App::new().page(with_key).get("/link/good").await));
}

#[tokio::test]
async fn key_form_again() {
    let error = Error::new(ErrorKind::InvalidInput, "API key is missing");
    insta::assert_snapshot!(page(&App::new().page(with_key).starts(Err(error)).press("site=eu").await));
}

#[tokio::test]
async fn outcome_connected() {
    insta::assert_snapshot!(page(&App::new().completes(Ok(connected())).come_back("?state=s&code=c", None).await));
}

#[tokio::test]
async fn outcome_refused() {
    insta::assert_snapshot!(page(
        &App::new().completes(Ok(refused(Refusal::Denied))).come_back("?state=s", None).await
    ));
}

#[tokio::test]
async fn refusal() {
    insta::assert_snapshot!(page(&App::new().get("/link/unknown").await));
}

#[tokio::test]
async fn error() {
    let error = Error::new(ErrorKind::Unavailable, "inside").with_log_id("log_7");
    insta::assert_snapshot!(page(&App::new().completes(Err(error)).come_back("?state=s", None).await));
}

#[tokio::test]
async fn every_page_shows_whose_it_is() {
    let unavailable = || Error::new(ErrorKind::Unavailable, "inside");
    let app = App::new().brand(|brand| brand.logo = Some("https://cdn.example/acme.svg".to_owned()));
    let app = app.completes(Ok(connected())).completes(Ok(refused(Refusal::Denied))).completes(Err(unavailable()));
    for (page, answer) in [
        ("link", app.get("/link/good").await),
        ("outcome", app.come_back("?state=s&code=c", None).await),
        ("refused outcome", app.come_back("?state=s", None).await),
        ("error", app.come_back("?state=s&code=c", None).await),
        ("refusal", app.get("/link/unknown").await),
    ] {
        for text in ["Acme Assistant", r#"<img src="https://cdn.example/acme.svg""#, "--accent:#7a2bf5;"] {
            assert!(answer.body.contains(text), "{text} of {page}\n{}", answer.body);
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("img-src https: data:;"), "{page}: {policy}");
        assert_eq!(policy.contains("form-action 'none';"), page != "link", "{page}: {policy}");
    }
}
