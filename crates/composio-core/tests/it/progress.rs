//! A native tool says how far it is, to whoever listens.

use std::sync::{Arc, Mutex};

use composio_core::{Composio, Progress, Result, ScriptedBackend, Session, SessionTool, Tool, ToolContext};
use serde_json::{Map, json};

use crate::native::{Nothing, Shout};

/// A tool of two pages.
struct Pages;

impl Tool for Pages {
    const SLUG: &'static str = "PAGES";
    type Input = Nothing;
    type Output = u32;

    fn description(&self) -> std::borrow::Cow<'static, str> {
        "Reads two pages.".into()
    }

    async fn call(&self, cx: ToolContext, _: Nothing) -> Result<u32> {
        cx.report_progress(1.0, Some(2.0), "one of two pages");
        cx.session().execute("LOCAL_SHOUT", json!({"text": "in between"})).await?;
        cx.report_progress(2.0, None, String::from("done"));
        Ok(2)
    }
}

async fn session() -> Result<Session> {
    let backend = ScriptedBackend::new().tool("GITHUB_ECHO", "github", json!({"type": "object"}));
    Composio::with_backend(backend).create("u").toolkits(["github"]).direct_tools().tool(Pages).tool(Shout).await
}

/// The tool, and what it said so far.
fn heard(tool: &SessionTool) -> (SessionTool, Arc<Mutex<Vec<Progress>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    (tool.clone().on_progress(move |progress| ear.lock().unwrap().push(progress)), heard)
}

fn said(heard: &Mutex<Vec<Progress>>) -> Vec<(f64, Option<f64>, String)> {
    let taken = std::mem::take(&mut *heard.lock().unwrap());
    taken.into_iter().map(|progress| (progress.done, progress.total, progress.message)).collect()
}

#[tokio::test]
async fn progress_reaches_whoever_listens_in_order() -> Result<()> {
    let session = session().await?;
    let tools = session.tools().await?;
    let (tool, heard) = heard(tools.get("LOCAL_PAGES").unwrap());
    let expected = [(1.0, Some(2.0), "one of two pages".to_owned()), (2.0, None, "done".to_owned())];
    assert_eq!(tool.answer("").await.into_outcome()?.value(), 2);
    assert_eq!(said(&heard), expected);
    tool.call(Map::new()).await?;
    assert_eq!(said(&heard), expected, "by way of `call`");
    tool.call_str("{}").await?;
    assert_eq!(said(&heard), expected, "by way of `call_str`");
    assert_eq!(tool.clone().answer("").await.into_outcome()?.value(), 2);
    assert_eq!(said(&heard), expected, "by way of a clone");
    Ok(())
}

#[tokio::test]
async fn progress_goes_nowhere_where_nobody_listens() -> Result<()> {
    let session = session().await?;
    let tools = session.tools().await?;
    let plain = tools.get("LOCAL_PAGES").unwrap();
    let (_, heard_pages) = heard(plain);
    let (echo, heard_echo) = heard(tools.get("GITHUB_ECHO").unwrap());
    assert_eq!(plain.answer("").await.into_outcome()?.value(), 2);
    assert_eq!(session.execute("LOCAL_PAGES", json!({})).await?.value(), 2);
    echo.answer("{}").await.into_outcome()?;
    assert!(said(&heard_pages).is_empty() && said(&heard_echo).is_empty());
    Ok(())
}

#[tokio::test]
async fn who_listened_last_is_told() -> Result<()> {
    let session = session().await?;
    let tools = session.tools().await?;
    let (tool, first) = heard(tools.get("LOCAL_PAGES").unwrap());
    let (tool, second) = heard(&tool);
    tool.answer("").await.into_outcome()?;
    assert_eq!((said(&first).len(), said(&second).len()), (0, 2));
    Ok(())
}

/// A whole set listens with one ear, which is told whose progress it is. The set it was made of stays silent.
#[tokio::test]
async fn a_set_hears_of_all_its_tools() -> Result<()> {
    let session = session().await?;
    let silent = session.tools().await?;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let tools = silent.clone().on_progress(move |slug, progress| {
        ear.lock().unwrap().push((slug.to_string(), progress.message));
    });
    for tools in [&tools, &silent] {
        for tool in tools {
            tool.answer(r#"{"text": "x"}"#).await;
        }
        tools.get("LOCAL_PAGES").unwrap().answer("").await.into_outcome()?;
    }
    let expected = [("LOCAL_PAGES", "one of two pages"), ("LOCAL_PAGES", "done")];
    let taken = std::mem::take(&mut *heard.lock().unwrap());
    let taken: Vec<_> = taken.iter().map(|(slug, message)| (slug.as_str(), message.as_str())).collect();
    assert_eq!(taken, [expected, expected].concat());
    Ok(())
}
