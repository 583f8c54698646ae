//! `cargo xtask spec` as it is run: what it prints, and what it exits with.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    thread,
};

use tempfile::TempDir;

/// What a run of the command gives: exit code, standard output, standard error.
type Run = (i32, String, String);

fn xtask(arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    // The servers are on this machine.
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let output = command.arg("spec").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The contract of this repository as one document.
fn bundle() -> String {
    fs::read_to_string(root().join("spec/openapi.json")).unwrap()
}

/// The same, with one value of an enumeration more.
fn grown() -> String {
    let mut document: serde_json::Value = serde_json::from_str(&bundle()).unwrap();
    let values = &mut document["components"]["schemas"]["ErrorCode"]["enum"];
    values.as_array_mut().unwrap().push("TEAPOT".into());
    document.to_string()
}

/// The same, without one operation.
fn shrunk() -> String {
    let mut document: serde_json::Value = serde_json::from_str(&bundle()).unwrap();
    let paths = document["paths"].as_object_mut().unwrap();
    paths
        .remove("/v1/projects/{project_id}/policy-evaluations")
        .unwrap();
    document.to_string()
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

/// One line on standard error, nothing on standard output, exit code 2.
#[track_caller]
fn could_not_tell(run: &Run, want: &str) {
    let (code, out, error) = run;
    assert_eq!((*code, out.as_str()), (2, ""), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains(want), "{error}");
}

#[test]
fn diff_exits_with_what_fail_on_names() {
    let folder = Folder::new();
    let bundle = folder.file("bundle.json", bundle());
    let grown = folder.file("grown.json", grown());
    let shrunk = folder.file("shrunk.json", shrunk());
    let spec = root().join("spec").display().to_string();
    for (old, new, fail_on, want) in [
        (&spec, &bundle, "any", 0),
        (&bundle, &grown, "any", 1),
        (&bundle, &grown, "breaking", 0),
        (&bundle, &shrunk, "breaking", 1),
        (&bundle, &shrunk, "never", 0),
        // Another operation is no harm.
        (&shrunk, &bundle, "breaking", 0),
        (&shrunk, &bundle, "any", 1),
    ] {
        let (code, _, error) = xtask(&["diff", old, new, "--fail-on", fail_on]);
        assert_eq!((code, error.as_str()), (want, ""), "{old} {new} {fail_on}");
    }
    let (code, out, _) = xtask(&["diff", &bundle, &shrunk]);
    assert_eq!(code, 1, "breaking is what is failed on unasked");
    assert!(
        out.contains("the operation `dryEvalPolicy`: removed\n"),
        "{out}"
    );
    assert!(
        out.ends_with("1 change at 1 operation: 1 break everybody\n"),
        "{out}"
    );
    let (_, out, _) = xtask(&["diff", &bundle, &shrunk, "--format", "markdown"]);
    assert!(out.starts_with("# Changes of the contract\n"), "{out}");
    let (_, out, _) = xtask(&["diff", &bundle, &shrunk, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["changes"][0]["name"], "dryEvalPolicy");
}

#[test]
fn diff_says_why_it_cannot_compare() {
    let folder = Folder::new();
    let bundle = folder.file("bundle.json", bundle());
    for (name, text, want) in [
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
        could_not_tell(&xtask(&["diff", &bundle, &path]), want);
        could_not_tell(&xtask(&["diff", &path, &bundle]), want);
    }
    let large = folder.file("large.json", " ".repeat((16 << 20) + 1));
    could_not_tell(&xtask(&["diff", &large, &bundle]), "larger than 16 MiB");
    let many = folder.file("many.json", format!("[{}1]", "1,".repeat(1_000_000)));
    could_not_tell(
        &xtask(&["diff", &bundle, &many]),
        "more than 1000000 values",
    );
    could_not_tell(
        &xtask(&["diff", &bundle, &folder.path("none.json")]),
        "none.json: cannot be read: ",
    );
    could_not_tell(
        &xtask(&["diff", &folder.path(""), &bundle]),
        "openapi.yaml: cannot be read: ",
    );
}

#[test]
fn lint_finds_nothing_in_this_contract() {
    let (code, out, error) = xtask(&["lint"]);
    assert_eq!((code, error.as_str()), (0, ""), "{error}");
    assert!(
        out.starts_with("nothing is wrong with the contract and its "),
        "{out}"
    );
}

#[test]
fn check_compares_with_a_file() {
    let folder = Folder::new();
    let same = folder.file("same.json", bundle());
    let (code, out, _) = xtask(&["check", "--against", &same]);
    assert_eq!((code, out), (0, format!("spec/ means what {same} means\n")));
    let grown = folder.file("grown.json", grown());
    let report = folder.path("report.md");
    let (code, out, error) = xtask(&["check", "--against", &grown, "--out", &report]);
    assert_eq!((code, error.as_str()), (1, ""));
    assert!(
        out.starts_with("# The published contract has changed\n"),
        "{out}"
    );
    assert!(
        out.contains("- **`ErrorCode`, when received: value `TEAPOT` added**"),
        "{out}"
    );
    assert_eq!(fs::read_to_string(&report).unwrap(), out);
    could_not_tell(
        &xtask(&["check", "--against", &folder.path("none")]),
        "none: cannot be read: ",
    );
    could_not_tell(
        &xtask(&["check", "--against", &folder.path("")]),
        "cannot be read: ",
    );
    // The folder is made, as it is for every output.
    let deeper = folder.path("deeper/report.md");
    assert_eq!(
        xtask(&["check", "--against", &grown, "--out", &deeper]).0,
        1
    );
    assert_eq!(fs::read_to_string(&deeper).unwrap(), out);
}

/// A server that gives every request the same answer. Its URL.
fn server(answer: impl Fn(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/openapi.json", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = BufReader::new(&mut stream).lines().map_while(Result::ok);
            head.take_while(|line| !line.is_empty()).for_each(drop);
            answer(&mut stream);
        }
    });
    url
}

fn answer(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// A server that answers with a text as it is. A client that has heard enough may hang up.
fn answering(text: String) -> String {
    server(move |stream| drop(stream.write_all(text.as_bytes())))
}

fn against(url: &str) -> Run {
    xtask(&["check", "--against", url])
}

#[test]
fn check_compares_with_a_url() {
    let same = answering(answer("200 OK", "application/json", &bundle()));
    let (code, out, error) = against(&same);
    assert_eq!(
        (code, out),
        (0, format!("spec/ means what {same} means\n")),
        "{error}"
    );
    let (code, out, _) = against(&answering(answer("200 OK", "application/json", &shrunk())));
    assert_eq!(code, 1);
    assert!(
        out.contains("- **the operation `dryEvalPolicy`: removed**"),
        "{out}"
    );
}

#[test]
fn check_says_why_it_cannot_tell() {
    let html = "<!doctype html><title>Sign in</title>";
    let cut = answer("200 OK", "application/json", &bundle());
    let cut = cut[..cut.len() - 100].to_owned();
    for (text, want) in [
        (answer("404 Not Found", "application/json", "{}"), "answered 404 Not Found"),
        (answer("500 Internal Server Error", "text/html", html), "answered 500 Internal Server Error"),
        (answer("304 Not Modified", "text/html", ""), "answered 304 Not Modified"),
        (answer("200 OK", "text/html", html), "neither JSON nor YAML: it starts with `<`"),
        (answer("200 OK", "application/json", ""), "the document is empty"),
        (answer("200 OK", "application/json", "{\"openapi\": \"3.1.0\"}"), "OpenAPI 3.1.0 is not supported"),
        (cut, "the answer breaks off: "),
        (String::new(), "cannot be fetched: "),
        ("NOTHTTP\r\n\r\n".to_owned(), "cannot be fetched: "),
        ("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(), "is redirected too often: "),
    ] {
        let url = answering(text);
        let run = against(&url);
        could_not_tell(&run, want);
        assert!(run.2.starts_with(&format!("error: {url}")), "{}", run.2);
    }
}

#[test]
fn check_reads_no_more_than_a_contract_can_have() {
    let endless = server(|stream| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
        let mut sent = stream.write_all(head.as_bytes());
        while sent.is_ok() {
            sent = stream.write_all(&[b' '; 1 << 16]);
        }
    });
    could_not_tell(&against(&endless), "larger than 16 MiB");
}

#[test]
fn check_cannot_tell_without_a_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/openapi.json", listener.local_addr().unwrap());
    drop(listener);
    could_not_tell(&against(&url), "cannot be reached: ");
    could_not_tell(&against("http://"), "http://: cannot be fetched: ");
}
