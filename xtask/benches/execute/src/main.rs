//! Executes tools and does nothing else: one a line of its input, such as `GITHUB_GET_AN_ISSUE {"issue_number": 1}`, in the
//! session that its argument names. Key and address come from the environment.
#![expect(clippy::print_stdout, reason = "the results are printed")]

use std::error::Error;
use std::io::stdin;

use composio_core::Composio;

fn main() -> Result<(), Box<dyn Error>> {
    let id = std::env::args().nth(1).ok_or("which session? Give its id")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let session = Composio::from_env()?.session(id).await?;
        for line in stdin().lines() {
            let line = line?;
            let (tool, arguments) = line.split_once(' ').ok_or("a line is a tool and its arguments")?;
            let output = session.execute(tool, serde_json::from_str(arguments)?).await?;
            println!("{}", output.data.as_str());
        }
        Ok(())
    })
}
