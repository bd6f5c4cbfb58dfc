//! A server on this machine that speaks the Hub's protocol, as well or as badly as a test wants.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What the server does wrong, and how often.
#[derive(Clone, Default)]
pub struct Habits {
    /// Weights lie on another server, to which the Hub redirects.
    pub redirects: bool,
    /// The model moved within the Hub: its old name leads to the new one.
    pub moved_from: Option<String>,
    /// Refuses without this token.
    pub token: Option<String>,
    /// So many answers are 429.
    pub too_many: usize,
    /// So many answers are 503.
    pub fails: usize,
    /// So many times, content ends in the middle.
    pub cuts: usize,
    /// Sends all of a file, whatever range is asked for.
    pub knows_no_ranges: bool,
    /// So many times, a byte of weights is another.
    pub spoils: usize,
}

struct State {
    files: BTreeMap<String, Vec<u8>>,
    habits: Habits,
    /// `METHOD path range authorization`, as they came.
    requests: Vec<String>,
    elsewhere: Option<String>,
}

/// Serves until the test ends.
pub struct Server {
    pub address: String,
    state: Arc<Mutex<State>>,
    /// Where redirects lead.
    elsewhere: Option<Box<Server>>,
}

pub const MODEL: &str = "org/name";

impl Server {
    /// Serves the files of one model, `org/name`, at one commit, which `main` and `v1` are.
    pub fn new(files: BTreeMap<String, Vec<u8>>, habits: Habits) -> Self {
        let elsewhere = habits.redirects.then(|| {
            let other = Habits {
                redirects: false,
                token: None,
                ..habits.clone()
            };
            Box::new(Self::new(files.clone(), other))
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            files,
            habits,
            requests: Vec::new(),
            elsewhere: elsewhere.as_ref().map(|server| server.address.clone()),
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self {
            address,
            state,
            elsewhere,
        }
    }

    /// What it was asked so far, and forgets it.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }

    /// What the server was asked that the Hub redirects to.
    pub fn requests_elsewhere(&self) -> Vec<String> {
        self.elsewhere.as_ref().unwrap().requests()
    }

    pub fn change(&self, change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>, &mut Habits)) {
        let mut state = self.state.lock().unwrap();
        let State { files, habits, .. } = &mut *state;
        change(files, habits);
    }
}

struct Answer {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// So many bytes of the body are sent.
    sent: usize,
}

impl Answer {
    fn empty(status: &'static str, headers: Vec<(&'static str, String)>) -> Self {
        Self {
            status,
            headers,
            body: Vec::new(),
            sent: 0,
        }
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        match header.trim().split_once(':') {
            Some((name, value)) => headers.insert(name.to_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let answer = {
        let mut state = state.lock().unwrap();
        let asked = |name: &str| headers.get(name).cloned().unwrap_or_else(|| "-".to_owned());
        state.requests.push(format!(
            "{method} {path} {} {}",
            asked("range"),
            asked("authorization")
        ));
        answer(&mut state, &method, &path, &headers)
    };
    let mut head = format!("HTTP/1.1 {}\r\nConnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    if !answer.headers.iter().any(|(name, _)| *name == "Content-Length") {
        head += &format!("Content-Length: {}\r\n", answer.body.len());
    }
    let mut stream = stream;
    // Whoever asked may be gone.
    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
    if method == "GET" {
        let _ = stream.write_all(&answer.body[..answer.sent]);
    }
}

fn answer(state: &mut State, method: &str, path: &str, headers: &BTreeMap<String, String>) -> Answer {
    let habits = &mut state.habits;
    if habits.too_many > 0 {
        habits.too_many -= 1;
        return Answer::empty("429 Too Many Requests", vec![("Retry-After", "0".to_owned())]);
    }
    if habits.fails > 0 {
        habits.fails -= 1;
        return Answer::empty("503 Service Unavailable", Vec::new());
    }
    if let Some(token) = &habits.token {
        if headers.get("authorization") != Some(&format!("Bearer {token}")) {
            return Answer::empty("401 Unauthorized", Vec::new());
        }
    }
    if let Some(old) = &habits.moved_from {
        if let Some(rest) = path.strip_prefix(&format!("/{old}/")) {
            let location = format!("/{MODEL}/{rest}");
            return Answer::empty("307 Temporary Redirect", vec![("Location", location)]);
        }
    }
    let not_found = |code: &str| Answer::empty("404 Not Found", vec![("X-Error-Code", code.to_owned())]);
    let Some((revision, file)) = path
        .strip_prefix(&format!("/{MODEL}/resolve/"))
        .and_then(|rest| rest.split_once('/'))
    else {
        return not_found("RepoNotFound");
    };
    if !["main", "v1", "feature%2Fx", COMMIT].contains(&revision) {
        return not_found("RevisionNotFound");
    }
    let Some(content) = state.files.get(file) else {
        return not_found("EntryNotFound");
    };
    let is_large = file.ends_with(".safetensors");
    let hash: String = Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    // Of small files the Hub names a hash of Git's, forty digits long.
    let etag = if is_large { hash } else { hash[..40].to_owned() };
    let mut headers_out = vec![
        ("X-Repo-Commit", COMMIT.to_owned()),
        ("ETag", format!("\"{etag}\"")),
    ];
    if let Some(elsewhere) = state.elsewhere.as_ref().filter(|_| is_large) {
        headers_out.push(("X-Linked-ETag", format!("\"{etag}\"")));
        headers_out.push(("X-Linked-Size", content.len().to_string()));
        headers_out.push(("Location", format!("{elsewhere}{path}")));
        return Answer::empty("302 Found", headers_out);
    }
    let mut body = content.clone();
    let range = headers.get("range").filter(|_| !habits.knows_no_ranges);
    let from = range.map(|range| {
        let from = range.trim_start_matches("bytes=").trim_end_matches('-');
        from.parse::<usize>().unwrap()
    });
    let status = match from {
        Some(from) => {
            headers_out.push((
                "Content-Range",
                format!("bytes {from}-{}/{}", content.len() - 1, content.len()),
            ));
            body.drain(..from);
            "206 Partial Content"
        }
        None => "200 OK",
    };
    headers_out.push(("Content-Length", body.len().to_string()));
    let is_content = is_large && method == "GET";
    let mut sent = body.len();
    if is_content && habits.spoils > 0 && !body.is_empty() {
        habits.spoils -= 1;
        body[0] ^= 1;
    }
    if is_content && habits.cuts > 0 {
        habits.cuts -= 1;
        sent /= 2;
    }
    Answer {
        status,
        headers: headers_out,
        body,
        sent,
    }
}
