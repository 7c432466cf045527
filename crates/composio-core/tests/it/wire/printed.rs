//! What `Debug` shows of bodies: never what opens something, and never what a tool returned.

use serde_json::{Value, json};

use super::sessions::reader;
use super::spec::Side;

fn printed(operation: &str, side: Side, body: &Value) -> String {
    reader(&format!("tool_router_session_{operation}"), side)(body).unwrap().printed
}

#[test]
fn no_secret_of_a_request_is_printed() {
    let state = json!({"tool_slug": "A", "arguments": {"x": "s3cret"}, "request_state": "s3cret",
        "input_responses": {"req_1": {"action": "accept", "content": {"pin": "s3cret"}}}});
    let meta = json!({"slug": "A", "arguments": {"x": "s3cret"}, "request_state": "s3cret"});
    let proxy = json!({
        "toolkit_slug": "github", "endpoint": "/user?token=s3cret", "method": "POST", "body": {"password": "s3cret"},
        "binary_body": {"url": "https://storage.example/?signature=s3cret"},
        "parameters": [{"name": "authorization", "type": "header", "value": "s3cret"}],
        "custom_connection_data": {"authScheme": "API_KEY", "toolkitSlug": "github", "val": {"api_key": "s3cret"}},
    });
    for (operation, body) in [("execute", state), ("execute_meta", meta), ("proxy_execute", proxy)] {
        let printed = printed(operation, Side::Request, &body);
        assert!(!printed.contains("s3cret"), "{printed}");
    }
}

#[test]
fn no_secret_of_a_reply_is_printed() {
    let asked = json!({"result_type": "input_required", "data": {"mail": "s3cret"}, "request_state": "s3cret",
        "input_requests": {"req_1": {"type": "elicitation", "mode": "form", "message": "m", "requested_schema": {}}}});
    let link =
        json!({"link_token": "s3cret", "redirect_url": "https://c.example/s3cret", "connected_account_id": "ca_1"});
    let proxy = json!({
        "status": 200, "data": {"token": "s3cret"}, "headers": {"set-cookie": ["s3cret", "s3cret"]},
        "binary_data": {"url": "https://s.example/s3cret", "content_type": "a/b", "size": 1}, "request_state": "s3cret",
    });
    let found = json!({"success": true, "results": [], "toolkit_connection_statuses": [{
        "toolkit": "gmail", "connection_details": {"x": "s3cret"}, "current_user_info": {"mail": "s3cret"},
        "accounts": [{"id": "ca_1", "user_info": {"mail": "s3cret"}}],
    }]});
    let put = json!({"upload_url": "https://s.example/s3cret"});
    let get = json!({"download_url": "https://s.example/s3cret"});
    for (operation, body) in [
        ("execute", asked),
        ("link", link),
        ("proxy_execute", proxy),
        ("search", found),
        ("files_create_upload_url", put),
        ("files_create_download_url", get),
    ] {
        let printed = printed(operation, Side::Reply, &body);
        assert!(!printed.contains("s3cret"), "{printed}");
    }
}
