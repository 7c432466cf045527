//! A listener on loopback and the task that serves it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::options::DemoError;

/// How long a shutdown waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until it is dropped or shut down.
#[derive(Debug)]
pub(crate) struct Listener {
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

/// Binds a port of 127.0.0.1; 0 takes any free one.
pub(crate) async fn bind(port: u16) -> Result<(TcpListener, SocketAddr), DemoError> {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let failed = |source| DemoError::Listen { address: wanted, source };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

impl Listener {
    pub(crate) fn serve(listener: TcpListener, router: Router) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        Self { stop: Some(stop), task: Some(serve(listener, router, stopped)) }
    }

    /// Stops listening and waits until open requests are answered, for at most five seconds.
    pub(crate) async fn shutdown(&mut self) {
        self.signal();
        if let Some(mut task) = self.task.take() {
            // A join error means that the task is gone, which is what was wanted.
            if tokio::time::timeout(GRACE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }

    fn signal(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone if the server ended by itself.
            let _ = stop.send(());
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.signal();
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the one task of this crate; `Listener` owns it and ends it")]
fn serve(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let signal = async {
            // An error means that the sender was dropped, and with it the listener.
            let _ = stopped.await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(signal).await {
            tracing::error!(%error, "the demo stopped listening");
        }
    })
}
