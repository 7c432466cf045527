//! The token and revocation endpoints.

use reqwest::{Method, StatusCode};

use crate::support::{ALICE, BOB, REDIRECT, Reply, VERIFIER, World};

const READ: &str = "tracker.read";
const BOTH: &str = "tracker.read tracker.write";

#[tokio::test]
async fn a_code_buys_tokens() {
    let world = World::new().await;
    let reply = world.redeem(&world.code(ALICE, BOTH)).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json["token_type"], "Bearer");
    assert_eq!(reply.json["expires_in"], 3600);
    assert_eq!(reply.json["scope"], BOTH);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(world.status_of_me(&reply.tokens().access).await, StatusCode::OK);
}

#[tokio::test]
async fn a_code_is_bound_to_its_request() {
    let world = World::new().await;
    let other = "http://127.0.0.1:5000/oauth/callback";
    let cases = [
        ("redirect_uri", other, "invalid_grant"),
        ("redirect_uri", "", "invalid_request"),
        ("code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "invalid_grant"),
        ("code_verifier", "short", "invalid_grant"),
        ("code_verifier", "", "invalid_request"),
        ("code", "demo_ac_unknown", "invalid_grant"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("grant_type", "", "invalid_request"),
    ];
    for (name, value, error) in cases {
        let code = world.code(ALICE, READ);
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        form.retain(|(key, _)| *key != name);
        form.push((name, value));
        let reply = world.token(&form).await;
        assert_eq!((reply.status, reply.error()), (StatusCode::BAD_REQUEST, error), "{name}={value}");
        let again = world.redeem(&code).await.status;
        let burnt = error == "invalid_grant" && name != "code";
        assert_eq!(again == StatusCode::BAD_REQUEST, burnt, "a wrong proof burns the code: {name}={value}");
    }
}

#[tokio::test]
async fn a_code_expires() {
    let world = World::new().await;
    let (late, early) = (world.code(ALICE, READ), world.code(ALICE, READ));
    world.advance(59);
    assert_eq!(world.redeem(&early).await.status, StatusCode::OK);
    world.advance(1);
    assert_eq!(world.redeem(&late).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_replayed_code_revokes_what_it_bought() {
    let world = World::new().await;
    let code = world.code(ALICE, READ);
    let tokens = world.redeem(&code).await.tokens();
    let bystander = world.sign_in(ALICE, READ).await;
    // Long after the code itself expired.
    world.advance(600);
    assert_eq!(world.status_of_me(&tokens.access).await, StatusCode::OK);
    assert_eq!(world.redeem(&code).await.error(), "invalid_grant");
    assert_eq!(world.status_of_me(&tokens.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.renew(&tokens.refresh).await.error(), "invalid_grant");
    assert_eq!(world.status_of_me(&bystander.access).await, StatusCode::OK);
}

#[tokio::test]
async fn an_expired_token_is_renewed_and_the_refresh_token_rotates() {
    let world = World::new().await;
    let first = world.sign_in(ALICE, BOTH).await;
    world.advance(3599);
    assert_eq!(world.status_of_me(&first.access).await, StatusCode::OK);
    world.advance(1);
    let refused = world.get("tracker/me", &first.access).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""));
    let reply = world.renew(&first.refresh).await;
    let second = reply.tokens();
    assert_eq!(reply.json["scope"], BOTH);
    assert_ne!((&first.access, &first.refresh), (&second.access, &second.refresh));
    assert_eq!(world.status_of_me(&second.access).await, StatusCode::OK);
    let third = world.renew(&second.refresh).await.tokens();
    assert_eq!(world.status_of_me(&third.access).await, StatusCode::OK);
}

#[tokio::test]
async fn a_spent_refresh_token_revokes_the_family() {
    let world = World::new().await;
    let first = world.sign_in(ALICE, READ).await;
    let second = world.renew(&first.refresh).await.tokens();
    let other_grant = world.sign_in(ALICE, READ).await;
    assert_eq!(world.renew(&first.refresh).await.error(), "invalid_grant");
    assert_eq!(world.status_of_me(&second.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.renew(&second.refresh).await.error(), "invalid_grant");
    assert_eq!(world.status_of_me(&other_grant.access).await, StatusCode::OK);
}

#[tokio::test]
async fn of_two_racing_renewals_one_loses() {
    let world = World::new().await;
    let tokens = world.sign_in(ALICE, READ).await;
    let (left, right) = tokio::join!(world.renew(&tokens.refresh), world.renew(&tokens.refresh));
    let mut statuses = [left.status, right.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::BAD_REQUEST]);
}

#[tokio::test]
async fn without_rotation_the_refresh_token_stays() {
    let world = World::with(|options| options.rotate_refresh_tokens(false)).await;
    let tokens = world.sign_in(ALICE, READ).await;
    for _ in 0..2 {
        let reply = world.renew(&tokens.refresh).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert!(reply.json.get("refresh_token").is_none());
        assert_eq!(world.status_of_me(&reply.tokens().access).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_refresh_token_expires_unless_it_is_used() {
    let day = std::time::Duration::from_secs(86_400);
    let world = World::with(|options| options.refresh_token_ttl(day)).await;
    let mut used = world.sign_in(ALICE, READ).await;
    let idle = world.sign_in(ALICE, READ).await;
    for _ in 0..2 {
        world.advance(43_200);
        used = world.renew(&used.refresh).await.tokens();
    }
    assert_eq!(world.status_of_me(&used.access).await, StatusCode::OK);
    assert_eq!(world.renew(&idle.refresh).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_renewal_can_narrow_but_not_widen() {
    let world = World::new().await;
    let tokens = world.sign_in(ALICE, BOTH).await;
    let renew = async |refresh: &str, scope: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", scope)];
        world.token(&form).await
    };
    assert_eq!(renew(&tokens.refresh, "mailbox.read").await.error(), "invalid_scope");
    let narrow = renew(&tokens.refresh, READ).await;
    assert_eq!(narrow.json["scope"], READ);
    let wide = world.renew(&narrow.tokens().refresh).await;
    assert_eq!(wide.json["scope"], BOTH, "the grant itself is not narrowed");
}

#[tokio::test]
async fn the_client_proves_itself_in_one_way() {
    let world = World::new().await;
    let app = world.app();
    let (id, secret) = (app.client_id.as_str(), app.client_secret.as_str());
    type Pair<'a> = (&'a str, &'a str);
    let cases: [(Option<Pair<'_>>, &[Pair<'_>], u16, &str); 9] = [
        (Some((id, secret)), &[], 400, "invalid_grant"),
        (Some((id, secret)), &[("client_id", id)], 400, "invalid_grant"),
        (None, &[("client_id", id), ("client_secret", secret)], 400, "invalid_grant"),
        (Some((id, "wrong")), &[], 401, "invalid_client"),
        (Some(("other", secret)), &[], 401, "invalid_client"),
        (None, &[("client_id", id), ("client_secret", "wrong")], 401, "invalid_client"),
        (None, &[("client_id", id)], 401, "invalid_client"),
        (Some((id, secret)), &[("client_secret", secret)], 400, "invalid_request"),
        (Some((id, secret)), &[("client_id", "other")], 400, "invalid_request"),
    ];
    for (basic, extra, status, error) in cases {
        for root in ["", "tracker/", "mailbox/"] {
            let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", "demo_rt_none")];
            form.extend(extra);
            let mut request = world.request(Method::POST, &format!("{root}oauth/token")).form(&form);
            if let Some((id, secret)) = basic {
                request = request.basic_auth(id, Some(secret));
            }
            let reply = Reply::of(request).await;
            assert_eq!((reply.status.as_u16(), reply.error()), (status, error), "{error} at {root}");
            assert_eq!(reply.header("www-authenticate").starts_with("Basic "), status == 401);
            assert_eq!(reply.header("cache-control"), "no-store");
        }
    }
}

#[tokio::test]
async fn token_requests_are_forms_without_repetition() {
    let world = World::new().await;
    let app = world.app();
    let post = |body: &'static str, kind: &str| {
        let request = world.request(Method::POST, "oauth/token").header("content-type", kind).body(body);
        Reply::of(request.basic_auth(&app.client_id, Some(&app.client_secret)))
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(post("{}", "application/json").await.error(), "invalid_request");
    assert_eq!(post("grant_type=refresh_token&grant_type=refresh_token", form).await.error(), "invalid_request");
    assert_eq!(post("grant_type=refresh_token&refresh_token=x", form).await.error(), "invalid_grant");
}

#[tokio::test]
async fn revocation_ends_a_token_or_a_grant() {
    let world = World::new().await;
    let app = world.app();
    let revoke = async |token: &str, secret: &str| {
        let request = world.request(Method::POST, "tracker/oauth/revoke").form(&[("token", token)]);
        Reply::of(request.basic_auth(&app.client_id, Some(secret))).await.status
    };
    let secret = app.client_secret.as_str();
    let tokens = world.sign_in(ALICE, READ).await;
    assert_eq!(revoke(&tokens.access, "wrong").await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.status_of_me(&tokens.access).await, StatusCode::OK);
    assert_eq!(revoke(&tokens.access, secret).await, StatusCode::OK);
    assert_eq!(world.status_of_me(&tokens.access).await, StatusCode::UNAUTHORIZED);
    let renewed = world.renew(&tokens.refresh).await.tokens();
    assert_eq!(revoke(&renewed.refresh, secret).await, StatusCode::OK);
    assert_eq!(world.status_of_me(&renewed.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.renew(&renewed.refresh).await.error(), "invalid_grant");
    assert_eq!(revoke("unknown", secret).await, StatusCode::OK);
    assert_eq!(revoke("", secret).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn scopes_are_enforced() {
    let world = World::new().await;
    let cases = [
        (READ, Method::GET, "tracker/issues", 200),
        (READ, Method::POST, "tracker/issues", 403),
        ("tracker.write", Method::GET, "tracker/issues", 403),
        ("tracker.write", Method::POST, "tracker/issues", 201),
        (READ, Method::GET, "mailbox/messages", 403),
        ("mailbox.read", Method::GET, "mailbox/messages", 200),
        ("mailbox.read", Method::POST, "mailbox/messages", 403),
        ("mailbox.send", Method::POST, "mailbox/messages", 201),
        ("mailbox.send", Method::GET, "tracker/me", 403),
    ];
    for (scope, method, path, expected) in cases {
        let token = world.sign_in(BOB, scope).await.access;
        let body = serde_json::json!({ "title": "t", "to": [BOB], "subject": "s" });
        let reply = world.send(method.clone(), path, &token, &body).await;
        assert_eq!(reply.status.as_u16(), expected, "{scope}: {method} {path}");
        if expected == 403 {
            assert!(reply.header("www-authenticate").contains("error=\"insufficient_scope\""));
        }
    }
}
