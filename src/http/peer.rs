//! Where a request came from, for the log and for limits by address; never for who asks.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the client, or of the last proxy that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// The connection's own address; behind a proxy the last one that it has added to
    /// `X-Forwarded-For`, because what stands before that is what its client claims.
    pub fn of(request: &Request, behind_proxy: bool) -> Option<Self> {
        let connected = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let connected = connected.map(|connected| connected.ip());
        let forwarded = behind_proxy.then(|| last_hop(request.headers())).flatten();
        let address = forwarded.or(connected)?;
        Some(Self(address.to_canonical()))
    }
}

fn last_hop(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all(FORWARDED_FOR).iter().next_back()?;
    let hop = value.to_str().ok()?.rsplit(',').next()?.trim();
    // Some proxies add the port.
    let with_port = || hop.parse::<SocketAddr>().ok().map(|hop| hop.ip());
    hop.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn peer(forwarded: &[&str], behind_proxy: bool) -> Option<String> {
        let mut request = Request::new(Body::empty());
        let connected: SocketAddr = ([10, 0, 0, 1], 7).into();
        request.extensions_mut().insert(ConnectInfo(connected));
        for value in forwarded {
            let value = value.parse().expect("a header");
            request.headers_mut().append(FORWARDED_FOR, value);
        }
        Peer::of(&request, behind_proxy).map(|peer| peer.0.to_string())
    }

    #[test]
    fn only_a_proxy_of_ours_says_who_came_to_it() {
        let is = |forwarded: &[&str], proxy, address: &str| {
            assert_eq!(
                peer(forwarded, proxy).as_deref(),
                Some(address),
                "{forwarded:?}"
            );
        };
        is(&["203.0.113.9"], false, "10.0.0.1");
        is(&["198.51.100.1, 203.0.113.9"], true, "203.0.113.9");
        is(&["198.51.100.1", "203.0.113.9"], true, "203.0.113.9");
        is(&["203.0.113.9:4711"], true, "203.0.113.9");
        is(&["[2001:db8::1]:4711"], true, "2001:db8::1");
        is(&["::ffff:203.0.113.9"], true, "203.0.113.9");
        is(&["unknown"], true, "10.0.0.1");
        is(&[], true, "10.0.0.1");
    }
}
