//! Tests of `cargo xtask spec`: output and exit codes.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    thread,
};

use tempfile::TempDir;

/// Exit code, standard output and standard error of a command.
type Output = (i32, String, String);

fn xtask(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    // The test servers run on localhost.
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let output = command.arg("spec").args(arguments).output().unwrap();
    let string = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        string(output.stdout),
        string(output.stderr),
    )
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Returns the contract of this repository as one document.
fn bundle() -> String {
    fs::read_to_string(root().join("spec/openapi.json")).unwrap()
}

/// Returns the contract of this repository with an added enumeration value.
fn with_added_value() -> String {
    let mut document: serde_json::Value = serde_json::from_str(&bundle()).unwrap();
    let values = &mut document["components"]["schemas"]["ErrorCode"]["enum"];
    values.as_array_mut().unwrap().push("TEAPOT".into());
    document.to_string()
}

/// Returns the contract of this repository without the operation `dryEvalPolicy`.
fn with_removed_operation() -> String {
    let mut document: serde_json::Value = serde_json::from_str(&bundle()).unwrap();
    let paths = document["paths"].as_object_mut().unwrap();
    paths
        .remove("/v1/projects/{project_id}/policy-evaluations")
        .unwrap();
    document.to_string()
}

/// A temporary folder.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a file and returns its path.
    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

/// Asserts exit code 2, an empty standard output, and one line on standard error that contains `expected`.
#[track_caller]
fn assert_comparison_failed(output: &Output, expected: &str) {
    let (code, out, error) = output;
    assert_eq!((*code, out.as_str()), (2, ""), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains(expected), "{error}");
}

#[test]
fn diff_exits_with_1_if_a_change_matches_fail_on() {
    let folder = Folder::new();
    let bundle = folder.file("bundle.json", bundle());
    let added = folder.file("added.json", with_added_value());
    let removed = folder.file("removed.json", with_removed_operation());
    let spec = root().join("spec").display().to_string();
    for (old, new, fail_on, expected) in [
        (&spec, &bundle, "any", 0),
        (&bundle, &added, "any", 1),
        (&bundle, &added, "breaking", 0),
        (&bundle, &removed, "breaking", 1),
        (&bundle, &removed, "never", 0),
        // An added operation breaks nothing.
        (&removed, &bundle, "breaking", 0),
        (&removed, &bundle, "any", 1),
    ] {
        let (code, _, error) = xtask(&["diff", old, new, "--fail-on", fail_on]);
        assert_eq!(
            (code, error.as_str()),
            (expected, ""),
            "{old} {new} {fail_on}"
        );
    }
    let (code, out, _) = xtask(&["diff", &bundle, &removed]);
    assert_eq!(code, 1, "`--fail-on` defaults to `breaking`");
    assert!(
        out.contains("the operation `dryEvalPolicy`: removed\n"),
        "{out}"
    );
    assert!(
        out.ends_with("1 change in 1 operation: 1 breaking for all clients\n"),
        "{out}"
    );
    let (_, out, _) = xtask(&["diff", &bundle, &removed, "--format", "markdown"]);
    assert!(out.starts_with("# Changes of the contract\n"), "{out}");
    let (_, out, _) = xtask(&["diff", &bundle, &removed, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["changes"][0]["name"], "dryEvalPolicy");
}

#[test]
fn diff_reports_why_it_cannot_compare() {
    let folder = Folder::new();
    let bundle = folder.file("bundle.json", bundle());
    for (name, text, expected) in [
        ("cut.json", "{\"openapi\": ", "cut.json:2:1: invalid JSON: "),
        ("a.yaml", "a: [1\n", "a.yaml:2:1: invalid YAML: "),
        (
            "page.html",
            "<p>a page</p>",
            "page.html:1:1: neither JSON nor YAML",
        ),
        (
            "new.json",
            "{\"openapi\": \"3.1.0\"}",
            "OpenAPI 3.1.0 is not supported",
        ),
        (
            "old.json",
            "{\"swagger\": \"2.0\"}",
            "Swagger 2.0 is not supported",
        ),
        (
            "bare.json",
            "{\"openapi\": \"3.0.3\"}",
            "`paths` must be a map",
        ),
        (
            "list.json",
            "{\"openapi\": \"3.0.3\", \"paths\": {\"/p\": {\"get\": {\"responses\": []}}}}",
            "`responses` must be a map",
        ),
    ] {
        let path = folder.file(name, text);
        assert_comparison_failed(&xtask(&["diff", &bundle, &path]), expected);
        assert_comparison_failed(&xtask(&["diff", &path, &bundle]), expected);
    }
    let large = folder.file("large.json", " ".repeat((16 << 20) + 1));
    assert_comparison_failed(&xtask(&["diff", &large, &bundle]), "larger than 16 MiB");
    let many = folder.file("many.json", format!("[{}1]", "1,".repeat(1_000_000)));
    assert_comparison_failed(
        &xtask(&["diff", &bundle, &many]),
        "more than 1000000 values",
    );
    assert_comparison_failed(
        &xtask(&["diff", &bundle, &folder.path("none.json")]),
        "none.json: cannot be read: ",
    );
    assert_comparison_failed(
        &xtask(&["diff", &folder.path(""), &bundle]),
        "openapi.yaml: cannot be read: ",
    );
}

#[test]
fn lint_accepts_this_contract() {
    let (code, out, error) = xtask(&["lint"]);
    assert_eq!((code, error.as_str()), (0, ""), "{error}");
    assert!(out.starts_with("no lint errors in "), "{out}");
}

#[test]
fn check_compares_with_a_file() {
    let folder = Folder::new();
    let same = folder.file("same.json", bundle());
    let (code, out, _) = xtask(&["check", "--against", &same]);
    assert_eq!((code, out), (0, format!("spec/ is equivalent to {same}\n")));
    let added = folder.file("added.json", with_added_value());
    let report = folder.path("report.md");
    let (code, out, error) = xtask(&["check", "--against", &added, "--out", &report]);
    assert_eq!((code, error.as_str()), (1, ""));
    assert!(
        out.starts_with("# The published contract has changed\n"),
        "{out}"
    );
    assert!(
        out.contains("- **`ErrorCode` in responses: value `TEAPOT` added**"),
        "{out}"
    );
    assert_eq!(fs::read_to_string(&report).unwrap(), out);
    assert_comparison_failed(
        &xtask(&["check", "--against", &folder.path("none")]),
        "none: cannot be read: ",
    );
    assert_comparison_failed(
        &xtask(&["check", "--against", &folder.path("")]),
        "cannot be read: ",
    );
    // A missing folder is created.
    let nested = folder.path("nested/report.md");
    assert_eq!(
        xtask(&["check", "--against", &added, "--out", &nested]).0,
        1
    );
    assert_eq!(fs::read_to_string(&nested).unwrap(), out);
}

/// Starts a server that handles every request with `respond`. Returns its URL.
fn start_server(respond: impl Fn(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/openapi.json", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = BufReader::new(&mut stream).lines().map_while(Result::ok);
            head.take_while(|line| !line.is_empty()).for_each(drop);
            respond(&mut stream);
        }
    });
    url
}

fn response(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Starts a server that responds to every request with the bytes of `response`. Returns its URL.
fn serve(response: String) -> String {
    // The client can close the connection early.
    start_server(move |stream| drop(stream.write_all(response.as_bytes())))
}

fn check_against(url: &str) -> Output {
    xtask(&["check", "--against", url])
}

#[test]
fn check_compares_with_a_url() {
    let same = serve(response("200 OK", "application/json", &bundle()));
    let (code, out, error) = check_against(&same);
    assert_eq!(
        (code, out),
        (0, format!("spec/ is equivalent to {same}\n")),
        "{error}"
    );
    let (code, out, _) = check_against(&serve(response(
        "200 OK",
        "application/json",
        &with_removed_operation(),
    )));
    assert_eq!(code, 1);
    assert!(
        out.contains("- **the operation `dryEvalPolicy`: removed**"),
        "{out}"
    );
}

#[test]
fn check_reports_why_it_cannot_compare() {
    let html = "<!doctype html><title>Sign in</title>";
    let truncated = response("200 OK", "application/json", &bundle());
    let truncated = truncated[..truncated.len() - 100].to_owned();
    for (response, expected) in [
        (response("404 Not Found", "application/json", "{}"), "responded with 404 Not Found"),
        (response("500 Internal Server Error", "text/html", html), "responded with 500 Internal Server Error"),
        (response("304 Not Modified", "text/html", ""), "responded with 304 Not Modified"),
        (response("200 OK", "text/html", html), "neither JSON nor YAML: it starts with `<`"),
        (response("200 OK", "application/json", ""), "the document is empty"),
        (response("200 OK", "application/json", "{\"openapi\": \"3.1.0\"}"), "OpenAPI 3.1.0 is not supported"),
        (truncated, "the response is incomplete: "),
        (String::new(), "cannot be fetched: "),
        ("NOTHTTP\r\n\r\n".to_owned(), "cannot be fetched: "),
        ("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(), "has too many redirects: "),
    ] {
        let url = serve(response);
        let output = check_against(&url);
        assert_comparison_failed(&output, expected);
        let error = output.2;
        assert!(error.starts_with(&format!("error: {url}")), "{error}");
    }
}

#[test]
fn check_limits_the_size_of_a_response() {
    let endless = start_server(|stream| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
        let mut sent = stream.write_all(head.as_bytes());
        while sent.is_ok() {
            sent = stream.write_all(&[b' '; 1 << 16]);
        }
    });
    assert_comparison_failed(&check_against(&endless), "larger than 16 MiB");
}

#[test]
fn check_reports_an_unreachable_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/openapi.json", listener.local_addr().unwrap());
    drop(listener);
    assert_comparison_failed(&check_against(&url), "cannot be reached: ");
    assert_comparison_failed(&check_against("http://"), "http://: cannot be fetched: ");
}
