//! Sends requests through a `tower` stack that limits concurrent requests and logs each request.
//!
//! ```text
//! cargo run -p pgbeam --features tower --example tower_service
//! ```

use pgbeam::{
    Client,
    http::{HttpRequest, HttpService, Response, ServiceClient, http_fn},
};
use tower::{ServiceBuilder, limit::ConcurrencyLimitLayer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), pgbeam::Error> {
    // Instead of this fake, a real program uses a `reqwest::Client` without redirects and retries.
    let network = http_fn(|_| async { Ok(Response::new(r#"{"policies": []}"#)) });

    let stack = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(8))
        .map_request(|request: HttpRequest| {
            println!("{} {}", request.method(), request.uri());
            request
        })
        .service(HttpService::new(network));
    let client = Client::builder()
        .api_key("pbk_test")
        .http_client(ServiceClient::new(stack))
        .build()?;
    client.project("prj_1")?.policies().list().await?;
    Ok(())
}
