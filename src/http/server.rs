//! Connections: accepted up to a number, with TLS where there is a certificate, given up when their
//! client is too slow, and ended in good order.
//!
//! `axum::serve` accepts without end and waits for a request's head for ever, so the loop is ours; the
//! protocol is hyper's.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceExt};

use super::tls::{Certificates, HTTP_2};
use crate::config::ConnectionLimits;

/// Header fields in one request.
const MOST_HEADERS: usize = 100;
/// Requests at the same time on one HTTP/2 connection.
const MOST_STREAMS: u32 = 64;
/// How often an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(10);
/// After a failure to accept that is not the client's, such as too many open files.
const PAUSE: Duration = Duration::from_millis(500);

/// What every connection of a server has in common.
#[derive(Clone)]
struct Server {
    router: Router,
    certificates: Option<Certificates>,
    limits: ConnectionLimits,
    stop: CancellationToken,
}

/// Serves until `stop` is cancelled; ends when the last connection has.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    certificates: Option<Certificates>,
    limits: ConnectionLimits,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections.get()));
    let open = TaskTracker::new();
    let server = Server {
        router,
        certificates,
        limits,
        stop: stop.clone(),
    };
    let accepting = async {
        // A connection that finds no place waits in the system's queue. The semaphore is never closed.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let (stream, peer) = accept(&listener).await;
            let server = server.clone();
            open.spawn(async move {
                server.connected(stream, peer).await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stop.cancelled() => {}
    }
    drop(listener);
    open.close();
    open.wait().await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether a client went away before it was accepted.
fn is_of_client(error: &io::Error) -> bool {
    [
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionReset,
    ]
    .contains(&error.kind())
}

impl Server {
    async fn connected(self, stream: TcpStream, peer: SocketAddr) {
        // A reply that waits for the caller's acknowledgement of its first half comes 40 ms late. A
        // connection that takes no options is about to fail anyway.
        let _ = stream.set_nodelay(true);
        let Some(certificates) = &self.certificates else {
            return self.speak(stream, peer, false).await;
        };
        let handshake = certificates.acceptor().accept(stream);
        match tokio::time::timeout(self.limits.read, handshake).await {
            Ok(Ok(stream)) => {
                let is_http_2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
                self.speak(stream, peer, is_http_2).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
            Err(_) => tracing::debug!("TLS handshake took too long"),
        }
    }

    /// Answers one connection's requests until it ends, or until a stop has let the running ones end.
    async fn speak<S>(self, stream: S, peer: SocketAddr, is_http_2: bool)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let begun = Arc::new(AtomicBool::new(false));
        let service = TowerToHyperService::new(answering(self.router.clone(), peer, &begun));
        let protocol = protocol(&self.limits, is_http_2);
        let mut connection = pin!(protocol.serve_connection(TokioIo::new(stream), service));
        // hyper waits for the first word of HTTP/2 without end.
        let silent = async {
            tokio::time::sleep(self.limits.read + Duration::from_secs(1)).await;
            if begun.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = silent => return tracing::debug!("a connection without a request was closed"),
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // A client that went away or was too slow: nothing that an operator could change.
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

/// The router for one connection: its requests carry the peer's address.
fn answering(
    router: Router,
    peer: SocketAddr,
    begun: &Arc<AtomicBool>,
) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Clone + use<>
{
    let begun = Arc::clone(begun);
    router.map_request(move |mut request: Request<Incoming>| {
        begun.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(Body::new)
    })
}

/// Which of the two is spoken is settled by TLS; without it clients speak HTTP/1.1.
fn protocol(limits: &ConnectionLimits, is_http_2: bool) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.read)
        .max_buf_size(limits.head_bytes as usize)
        .max_headers(MOST_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(limits.head_bytes)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    match is_http_2 {
        true => builder.http2_only(),
        false => builder.http1_only(),
    }
}
