//! The stub as a program: says where it listens, and ends when its input does.
#![expect(clippy::print_stdout, reason = "its parent reads the address")]

use std::io::Read;

use anyhow::Result;
use tokio::net::TcpListener;

fn main() -> Result<()> {
    std::thread::spawn(|| {
        // Nothing is ever written to it: it ends when the parent does.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        bench_hosted::stub::serve(listener).await
    })
}
