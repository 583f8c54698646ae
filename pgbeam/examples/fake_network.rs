//! Replaces the network in unit tests: the client sends its requests to a closure.
//!
//! ```text
//! cargo run -p pgbeam --no-default-features --features policies --example fake_network
//! ```

use pgbeam::{
    Client,
    http::{HttpError, HttpErrorKind, HttpRequest, Method, Response, http_fn},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), pgbeam::Error> {
    let fake = http_fn(|request: HttpRequest| async move {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/v1/projects/prj_1/policies") => {
                Ok(Response::new(r#"{"policies": []}"#))
            }
            (&Method::DELETE, _) => Ok(Response::builder().status(404).body("").unwrap()),
            _ => Err(HttpError::new(HttpErrorKind::Connect, "no route to host")),
        }
    });
    let client = Client::builder()
        .api_key("pbk_test")
        .http_client(fake)
        .max_retries(0)
        .build()?;
    let policies = client.project("prj_1")?.policies();

    println!("{} profiles", policies.list().await?.items().len());
    let not_found = policies.delete("pol_1").await.unwrap_err();
    assert!(not_found.is_not_found());
    println!("{not_found}");
    let network = policies.get("pol_1").await.unwrap_err();
    assert!(network.is_network() && !network.maybe_applied());
    println!("{network}");
    Ok(())
}
