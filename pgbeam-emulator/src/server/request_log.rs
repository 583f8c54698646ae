//! `RequestLog`: the latest received requests, within limits on their number and size.

use std::collections::VecDeque;

use http::{HeaderMap, HeaderValue};

use super::received::{Received, ReceivedRequest};

/// The maximum size of all stored requests, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The estimated memory of a stored request besides its path, query, headers and body, in bytes.
const REQUEST_OVERHEAD: usize = 512;
/// The estimated memory of a stored header besides its name and value, in bytes.
const HEADER_OVERHEAD: usize = 64;

/// The latest requests, oldest first. When the log is full, a new request replaces the oldest ones.
#[derive(Debug)]
pub(crate) struct RequestLog {
    requests: VecDeque<ReceivedRequest>,
    bytes: usize,
    max_requests: usize,
    max_bytes: usize,
}

impl RequestLog {
    /// Creates a log of at most `max_requests` requests.
    pub(crate) fn new(max_requests: usize) -> Self {
        Self {
            requests: VecDeque::new(),
            bytes: 0,
            max_requests,
            max_bytes: MAX_BYTES,
        }
    }

    /// Adds a request, unless it is larger than the maximum size of all requests.
    pub(crate) fn push(&mut self, mut request: ReceivedRequest) {
        let size = size(&request);
        if self.max_requests == 0 || size > self.max_bytes {
            return;
        }
        request.headers = detach(&request.headers);
        self.bytes = self.bytes.saturating_add(size);
        self.requests.push_back(request);
        while self.requests.len() > self.max_requests || self.bytes > self.max_bytes {
            let Some(removed) = self.requests.pop_front() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(self::size(&removed));
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.max_requests);
    }

    /// Returns a copy of the stored requests.
    pub(crate) fn received(&self) -> Received {
        self.requests.iter().cloned().collect()
    }
}

/// Returns the estimated memory of a stored request, in bytes.
fn size(request: &ReceivedRequest) -> usize {
    let query = request.query.as_deref().unwrap_or_default();
    let headers = request.headers.iter().map(|(name, value)| {
        HEADER_OVERHEAD
            .saturating_add(name.as_str().len())
            .saturating_add(value.len())
    });
    [request.path.len(), query.len(), request.body.len()]
        .into_iter()
        .chain(headers)
        .fold(REQUEST_OVERHEAD, usize::saturating_add)
}

/// Copies the values of headers. A received value refers to the read buffer of its connection, and would keep the
/// whole buffer in memory.
fn detach(headers: &HeaderMap) -> HeaderMap {
    let copy = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes());
    let copies = headers
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), copy(value).ok()?)));
    copies.fold(HeaderMap::new(), |mut headers, (name, value)| {
        headers.append(name, value);
        headers
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Method;

    use super::*;

    fn request(number: usize, body: usize) -> ReceivedRequest {
        let mut headers = HeaderMap::new();
        headers.append("accept", HeaderValue::from_static("text/html"));
        headers.append("accept", HeaderValue::from_static("text/plain"));
        ReceivedRequest {
            operation: None,
            method: Method::POST,
            path: "/v1/x".to_owned(),
            query: None,
            headers,
            body: Bytes::from(vec![0; body]),
            request_id: format!("req_{number}"),
        }
    }

    fn ids(log: &RequestLog) -> Vec<String> {
        let requests = log.received();
        requests
            .iter()
            .map(|request| request.request_id.clone())
            .collect()
    }

    #[test]
    fn keeps_the_latest_requests() {
        let mut log = RequestLog::new(2);
        for number in 0..4 {
            log.push(request(number, 1));
        }
        assert_eq!(ids(&log), ["req_2", "req_3"]);
        assert_eq!(log.received()[0].headers, request(2, 1).headers);
        log.clear();
        assert_eq!((log.bytes, ids(&log).len()), (0, 0));
        log.push(request(4, 1));
        assert_eq!(ids(&log), ["req_4"]);
    }

    #[test]
    fn removes_old_requests_when_the_size_exceeds_the_limit() {
        let mut log = RequestLog::new(100);
        log.max_bytes = size(&request(0, 300)) * 2;
        for number in 0..3 {
            log.push(request(number, 300));
        }
        assert_eq!(ids(&log), ["req_1", "req_2"]);
        log.push(request(3, 1));
        assert_eq!(ids(&log), ["req_2", "req_3"]);
        log.push(request(4, log.max_bytes));
        assert_eq!(ids(&log), ["req_2", "req_3"], "larger than the whole log");
        assert!(log.bytes <= log.max_bytes);
    }

    #[test]
    fn a_log_of_zero_requests_stays_empty() {
        let mut log = RequestLog::new(0);
        log.push(request(0, 0));
        assert!(log.received().is_empty());
    }
}
