//! Files: in a session's mounts, and for tools.

use composio_core::Result;
use composio_core::wire::{FileQuery, PageQuery, SessionFilesQuery};
use serde_json::json;

use super::{session, typed};
use crate::case::cases;
use crate::service::Service;

cases! {
    a_mounts_files_are_listed
    a_file_is_written_to_a_mount
    a_file_is_read_from_a_mount
    a_file_is_deleted_from_a_mount
    an_upload_is_requested
    uploaded_files_are_listed
}

const MOUNT: &str = "/tool_router/session/trs_1/mounts/files";

async fn a_mounts_files_are_listed(service: &Service) -> Result<()> {
    let mut query = SessionFilesQuery::default();
    query.mount_relative_prefix = Some("reports/ü".into());
    query.page = PageQuery::new().limit(500).cursor("c");
    service.client().session_files(&session(), "files", &query).await?;
    let names = ["mount_relative_prefix=reports%2F%C3%BC", "limit=500", "cursor=c"];
    service.asked("tool_router_session_files_list", &format!("{MOUNT}/items"), &names);
    Ok(())
}

async fn a_file_is_written_to_a_mount(service: &Service) -> Result<()> {
    for body in
        [json!({"mount_relative_path": "a/b.txt"}), json!({"mount_relative_path": "b.txt", "mimetype": "text/plain"})]
    {
        service.client().session_file_upload_url(&session(), "files", &typed(&body)).await?;
        service.sent("tool_router_session_files_create_upload_url", &format!("{MOUNT}/upload_url"), &body);
    }
    Ok(())
}

async fn a_file_is_read_from_a_mount(service: &Service) -> Result<()> {
    let body = json!({"mount_relative_path": "a/b.txt"});
    service.client().session_file_download_url(&session(), "files", &typed(&body)).await?;
    service.sent("tool_router_session_files_create_download_url", &format!("{MOUNT}/download_url"), &body);
    Ok(())
}

async fn a_file_is_deleted_from_a_mount(service: &Service) -> Result<()> {
    let body = json!({"mount_relative_path": "a/b.txt"});
    service.client().delete_session_file(&session(), "files", &typed(&body)).await?;
    service.sent("tool_router_session_files_delete", &format!("{MOUNT}/delete"), &body);
    Ok(())
}

async fn an_upload_is_requested(service: &Service) -> Result<()> {
    let body = json!({
        "toolkit_slug": "gmail",
        "tool_slug": "GMAIL_SEND_EMAIL",
        "filename": "a.txt",
        "mimetype": "text/plain",
        "md5": "0cc175b9c0f1b6a831c399e269772661",
    });
    service.client().request_file_upload(&typed(&body)).await?;
    service.sent("files_create_presigned_url", "/files/upload/request", &body);
    Ok(())
}

async fn uploaded_files_are_listed(service: &Service) -> Result<()> {
    let mut query = FileQuery::default();
    query.toolkit_slug = Some("gmail".into());
    query.tool_slug = Some("GMAIL_SEND_EMAIL".into());
    query.page = PageQuery::new().limit(3).cursor("c");
    service.client().list_files(&query).await?;
    let names = ["toolkit_slug=gmail", "tool_slug=GMAIL_SEND_EMAIL", "limit=3", "cursor=c"];
    service.asked("files_list", "/files/list", &names);
    Ok(())
}
