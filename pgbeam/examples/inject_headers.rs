//! Adds the header `traceparent` to every attempt, with an HTTP client that wraps another HTTP client.
//!
//! ```text
//! cargo run -p pgbeam --example inject_headers
//! ```

use pgbeam::{
    Client,
    http::{
        BoxFuture, HeaderValue, HttpClient, HttpError, HttpRequest, HttpResponse, Response, http_fn,
    },
};

/// An HTTP client that adds the header `traceparent` to each request, and sends it with the client `C`.
struct Traced<C>(C);

impl<C: HttpClient> HttpClient for Traced<C> {
    fn send(&self, mut request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        // A real program reads this value from the current span of its tracing library.
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let headers = request.headers_mut();
        headers.insert("traceparent", HeaderValue::from_static(traceparent));
        self.0.send(request)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), pgbeam::Error> {
    // Instead of this fake, a real program uses a `reqwest::Client` without redirects and retries.
    let network = http_fn(|request: HttpRequest| async move {
        println!(
            "received traceparent {:?}",
            request.headers()["traceparent"]
        );
        Ok(Response::new(r#"{"policies": []}"#))
    });
    let client = Client::builder()
        .api_key("pbk_test")
        .http_client(Traced(network))
        .build()?;
    client.project("prj_1")?.policies().list().await?;
    Ok(())
}
