//! The product served: two loopback ports, the driver, and an orderly end.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::db::StorageError;
use crate::local::Local;

/// How long open requests may go on after the end was asked for, in real time.
const GRACE: Duration = Duration::from_secs(10);

/// Why serving ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is not of this machine alone.
    #[error(
        "{0} is not a loopback address: this server has no other protection than being unreachable"
    )]
    NotLoopback(IpAddr),
    /// A port cannot be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The state could not be stored.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A socket or the world's file.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Both ports, open.
pub struct Ports {
    api: TcpListener,
    sim: TcpListener,
}

impl Ports {
    /// Opens them; port 0 takes a free one.
    ///
    /// # Errors
    /// [`ServeError::NotLoopback`], [`ServeError::Listen`].
    pub async fn open(host: IpAddr, port: u16, sim_port: u16) -> Result<Self, ServeError> {
        Ok(Self {
            api: listen(host, port).await?,
            sim: listen(host, sim_port).await?,
        })
    }

    /// Where the product is.
    ///
    /// # Errors
    /// The operating system's.
    pub fn api(&self) -> io::Result<SocketAddr> {
        self.api.local_addr()
    }

    /// Where the simulator is.
    ///
    /// # Errors
    /// The operating system's.
    pub fn sim(&self) -> io::Result<SocketAddr> {
        self.sim.local_addr()
    }
}

async fn listen(host: IpAddr, port: u16) -> Result<TcpListener, ServeError> {
    if !host.is_loopback() {
        return Err(ServeError::NotLoopback(host));
    }
    let address = SocketAddr::new(host, port);
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen { address, source })
}

/// Serves until `stop` is ready, then ends in order and saves.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    local: &Local,
    ports: Ports,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (tell, told) = watch::channel(false);
    let api = tokio::spawn(serve_port(ports.api, local.router(), told.clone()));
    let sim = tokio::spawn(serve_port(ports.sim, local.sim_router(), told));
    let driven = local.driver.serve(stop).await;
    tell.send_replace(true);
    let ended = async {
        for port in [api, sim] {
            match port.await {
                Ok(served) => served?,
                Err(error) => tracing::error!(%error, "a port ended badly"),
            }
        }
        Ok::<(), io::Error>(())
    };
    // A request that is still open after the grace is cut off.
    if let Ok(served) = tokio::time::timeout(GRACE, ended).await {
        served?;
    }
    local.sim.save()?;
    Ok(driven?)
}

async fn serve_port(
    listener: TcpListener,
    router: Router,
    mut told: watch::Receiver<bool>,
) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            // An error means that the sender is gone: time to end as well.
            let _ = told.wait_for(|stop| *stop).await;
        })
        .await
}

/// Ready when the user or the system asks for the end: SIGINT or SIGTERM.
///
/// # Errors
/// The operating system's.
pub async fn asked_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => stopped,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
