//! What commands print with `--json` is what `docs/json.schema.json` says, no more and no less.

#![expect(clippy::unwrap_used, reason = "a test ends where anything is not as it must be")]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

/// The forms, and which of them were seen.
struct Forms {
    schema: Value,
    seen: Mutex<BTreeSet<String>>,
}

impl Forms {
    fn read() -> Self {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.schema.json");
        let schema = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        Self { schema, seen: Mutex::default() }
    }

    /// Whether text is JSON of a form.
    fn assert(&self, form: &str, text: &[u8]) -> Value {
        let said = String::from_utf8_lossy(text);
        let value: Value = serde_json::from_slice(text).unwrap_or_else(|e| panic!("{e}: {said}"));
        let mut schema = self.schema.clone();
        schema["$ref"] = json!(format!("#/$defs/{form}"));
        let validator = jsonschema::validator_for(&schema).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{form}: {wrong:#?}\n{said}");
        self.seen.lock().unwrap().insert(form.to_owned());
        value
    }

    /// The forms of commands that nobody has seen.
    fn unseen(&self) -> Vec<&String> {
        let forms = self.schema["$defs"].as_object().unwrap();
        let of_command = |form: &Value| {
            form["description"].as_str().is_some_and(|text| text.contains("`saldo "))
        };
        let seen = self.seen.lock().unwrap();
        forms
            .iter()
            .filter(|(_, form)| of_command(form))
            .map(|(name, _)| name)
            .filter(|name| !seen.contains(*name))
            .collect()
    }
}

/// A data folder with its key beside it.
struct Shell<'a> {
    forms: &'a Forms,
    data: PathBuf,
    key: PathBuf,
}

impl Shell<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saldo"));
        command.args(words).arg("--json").arg("--data").arg(&self.data);
        command.env("SALDO_KEY_FILE", &self.key);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs a command whose answer has this form.
    fn says(&self, form: &str, words: &[&str]) -> Value {
        let ended = self.run(words);
        let error = String::from_utf8_lossy(&ended.stderr);
        assert!(matches!(ended.status.code(), Some(0 | 1)), "{words:?}: {error}");
        self.forms.assert(form, &ended.stdout)
    }
}

/// What can be asked of a merchant whose vendors have gone home.
fn ask_afterwards(shell: &Shell<'_>) {
    shell.says("status", &["status"]);
    let issues = shell.says("issues", &["issues"]);
    assert!(!issues["held"].as_array().unwrap().is_empty());
    let excluded = shell.says("issues-excluded", &["issues", "--excluded"]);
    assert!(excluded.as_array().unwrap().iter().any(|it| it["rule"] == "test-order"));
    shell.says("map-show", &["map", "show"]);
    try_rules(shell);
    shell.says("doctor", &["doctor"]);
    for key in ["#1001", "Clearing: Shopify Payments@2026-08-10"] {
        let explained = shell.says("explain", &["explain", key]);
        assert!(!explained["arithmetic"].as_array().unwrap().is_empty(), "{key}");
    }
    let exported = shell.run(&["export", "--format", "json"]);
    let lines: Vec<&[u8]> = exported.stdout.split(|byte| *byte == b'\n').collect();
    assert!(lines.len() > 50);
    for line in lines.into_iter().filter(|line| !line.is_empty()) {
        shell.forms.assert("export", line);
    }
    let exported = shell.run(&["export", "--format", "hledger"]);
    let pieces = exported.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let text = pieces.map(|line| shell.forms.assert("export-file", line)["text"].clone());
    let text: String = text.map(|text| text.as_str().unwrap().to_owned()).collect();
    assert!(text.contains("account ") && text.len() > 10_000, "{text}");
    decide(shell);
    shell.says("undo", &["undo", "#1001"]);
    let voiding = shell.says("undo", &["undo", "#1001", "--void", "--book", "plain-text"]);
    let why = &voiding["not_voided"]["plain-text"][0]["why"];
    assert_eq!(why, "the book cannot void one like it", "{voiding}");
    let undo = shell.says("undo", &["undo", "#1001", "--book", "plain-text", "--yes"]);
    assert!(undo["done"]["approved"].as_u64().unwrap() > 0, "{undo}");
    assert_eq!(shell.says("redo", &["redo", "1"])["approved"], undo["done"]["approved"]);
    shell.says("runs", &["runs"]);
    let days = ["--from", "2026-08-03", "--to", "2026-08-10"];
    let bridge = shell.says("report-bridge", &[&["report", "bridge"][..], &days[..]].concat());
    assert!(!bridge["rows"].as_array().unwrap().is_empty(), "{bridge}");
    shell.says("period", &["period", "close", "2026-08-05"]);
    let early = ["map", "set", "accounts.bank", "Checking", "--from", "2026-08-05"];
    shell.forms.assert("error", &shell.run(&early).stderr);
    let set = shell.says("map-set", &["map", "set", "accounts.bank", "Checking"]);
    assert_eq!(set["since"], "2026-08-06");
    assert_eq!(set["waits"], true, "{set}");
    let effect = &set["effects"][0];
    assert!(effect["taken_out"].as_u64().unwrap() > 0, "{set}");
    let of_account = |name: &str| {
        let all = effect["differences"].as_array().unwrap().iter();
        all.filter(|it| it["account"] == name).count()
    };
    assert!(of_account("Checking") > 0 && of_account("Bank") == of_account("Checking"), "{set}");
    let plan = shell.says("plan", &["plan"]);
    assert!(!plan["books"][0]["changes"].as_array().unwrap().is_empty());
    shell.says("approve", &["approve", "--book", "plain-text"]);
    let revisions = shell.says("map-revisions", &["map", "revisions"]);
    assert_eq!(revisions[0]["changes"][0]["key"], "accounts.bank", "{revisions}");
    assert_eq!(revisions[0]["holds"]["from"], "2026-08-06", "{revisions}");
    let before = revisions[1]["revision"].to_string();
    let back = shell.says("map-set", &["map", "back", &before]);
    assert_eq!(back["since"], "2026-08-06", "{back}");
    let withdrawn = shell.says("plan", &["plan"])["books"][0]["withdrawn"].clone();
    assert!(!withdrawn.as_array().unwrap().is_empty(), "nothing of it was sent: {withdrawn}");
    shell.forms.assert("error", &shell.run(&["map", "back", "99"]).stderr);
    shell.says("map-set", &["map", "back", &revisions[0]["revision"].to_string()]);
    shell.says("approve", &["approve", "--book", "plain-text"]);
    shell.says("retry", &["retry"]);
    feed_by_files(shell);
    shell.says("rebuild", &["rebuild"]);
}

/// The policy as it can be imported.
fn policy_of(shell: &Shell<'_>) -> String {
    shell.says("map-export", &["map", "export"])["toml"].as_str().unwrap().to_owned()
}

/// What rules would catch, before they are taken into the policy.
fn try_rules(shell: &Shell<'_>) {
    let file = shell.data.with_extension("toml");
    let exported = policy_of(shell);
    let rules = "
        [[rules]]
        name = \"Apparel\"
        when = { role = \"product-sales\", product-type = \"Apparel\" }
        account = \"Sales: apparel\"
        [[rules]]
        name = \"Shirts\"
        when = { role = \"product-sales\", product = \"* Shirt\" }
        account = \"Sales: shirts\"
        [[rules]]
        name = \"At the counter\"
        when = { source = \"pos\" }
        exclude = true
        [[rules]]
        name = \"The web\"
        when = { source = \"web\" }
        detail = \"day\"
        [[rules]]
        name = \"Company\"
        when = { tag = \"wholesale\" }
        set = { class = \"Wholesale\", region = \"North\" }
        [dimensions]
        class.default = \"Web\"
        region = {}";
    let policy = exported + rules;
    std::fs::write(&file, policy).unwrap();
    let file = file.to_str().unwrap();
    let caught = shell.says("map-rules", &["map", "rules", file]);
    let [apparel, shirts, counter] = [0, 1, 2].map(|place| &caught["rules"][place]);
    assert!(apparel["count"].as_u64().unwrap() > 0, "{caught}");
    assert!(apparel["sum"][0].as_str().unwrap().starts_with('-'), "{caught}");
    assert_eq!(shirts["shadowed_by"][0], "Apparel", "{caught}");
    assert!(caught["rules"][3]["count"].as_u64().unwrap() > 0, "{caught}");
    assert!(counter["count"].as_u64().unwrap() > 0, "{caught}");
    assert!(caught["rules"][4]["count"].as_u64().unwrap() > 0, "{caught}");
    let by_default = caught["by_default"].as_array().unwrap();
    assert_eq!(by_default[0]["value"], "Web", "{caught}");
    assert_eq!(
        (&by_default[1]["dimension"], &by_default[1]["value"]),
        (&json!("region"), &json!(null))
    );
    assert!(caught["rest"].as_array().unwrap().iter().any(|it| it["role"] == "product-sales"));
    let of_policy = shell.says("map-rules", &["map", "rules"]);
    assert_eq!(of_policy["rules"].as_array().unwrap().len(), 0);
}

/// What was entered on `Bank` stands for the rows of an account that is fed by files from now on.
fn feed_by_files(shell: &Shell<'_>) {
    let set = |word: &str, value: &str| {
        shell.says("map-set", &["map", "set", &format!("feeds.Checking.{word}"), value]);
    };
    set("number", "C-1");
    set("through", "Bank");
    let known = shell.says("feed-list", &["feed", "list"]);
    let unwritten = known[0]["unwritten"].as_u64().unwrap();
    assert!(unwritten > 0 && known[0]["until"].is_null(), "{known}");
    let folder = shell.data.join("bank");
    let folder = folder.to_str().unwrap();
    let write = ["feed", "write", "--account", "Checking", "--out", folder];
    let ofx = [&write[..], &["--format", "ofx"]].concat();
    let refused = shell.run(&ofx);
    assert_eq!(refused.status.code(), Some(2), "nobody said what stood there at first");
    shell.forms.assert("error", &refused.stderr);
    set("opening", "1000.00");
    let written = shell.says("feed-write", &ofx);
    let file = &written["files"][0];
    assert_eq!((&file["rows"], &file["new"]), (&json!(unwritten), &json!(true)), "{written}");
    let bytes = std::fs::read(file["file"].as_str().unwrap()).unwrap();
    let balance = file["balance"].as_str().unwrap().replace(" USD", "<");
    let stated = format!("<BALAMT>{balance}");
    assert!(bytes.windows(stated.len()).any(|part| part == stated.as_bytes()), "{stated}");
    let statement = ["import", "--account", "Checking", file["file"].as_str().unwrap()];
    let taken = shell.says("import", &statement);
    assert_eq!((&taken[0]["new"], &taken[0]["known"]), (&json!(unwritten), &json!(0)), "{taken}");
    let taken = shell.says("import", &statement);
    assert_eq!((&taken[0]["new"], &taken[0]["known"]), (&json!(0), &json!(unwritten)), "{taken}");
    let bank = shell.says("bank", &["bank"]);
    assert_eq!((&bank[0]["unknown"], &bank[0]["missing"]), (&json!([]), &json!([])), "{bank}");
    assert!(!bank[0]["found"].as_array().unwrap().is_empty(), "{bank}");
    let again = shell.says("feed-write", &ofx);
    assert_eq!(again["files"], json!([]), "the same row is not written twice");
    let from = [&ofx[..], &["--from", "2026-08-01"]].concat();
    let again = shell.says("feed-write", &from);
    assert_eq!(again["files"][0]["new"], false);
    assert_eq!(std::fs::read(file["file"].as_str().unwrap()).unwrap(), bytes);
}

/// What an accountant keeps when a month is over, and what becomes of it.
fn close_a_month(shell: &Shell<'_>) {
    let pack = shell.data.with_extension("zip");
    let pack = pack.to_str().unwrap();
    let close = ["report", "close", "--month", "2026-08", "--book", "plain-text", "--out"];
    let written = shell.says("report-close", &[&close[..], &[pack]].concat());
    let first = std::fs::read(pack).unwrap();
    shell.says("report-close", &[&close[..], &[pack]].concat());
    assert_eq!(std::fs::read(pack).unwrap(), first, "the same month gives the same bytes");
    let key = written["public_key"].as_str().unwrap();
    let verified = shell.says("verify", &["verify", pack, "--public-key", key]);
    assert_eq!(verified["holds"], true, "{verified}");
    let find = |text: &[u8]| first.windows(text.len()).position(|part| part == text);
    assert!(find(b"number,day,book,about,currency,facts").is_some(), "the proof by day");
    let at = find(b"number,identity,verdict,book").unwrap();
    let mut altered = first;
    altered[at] = b'N';
    std::fs::write(pack, altered).unwrap();
    let ended = shell.run(&["verify", pack]);
    assert_eq!(ended.status.code(), Some(1));
    let verified = shell.forms.assert("verify", &ended.stdout);
    assert_eq!(verified["altered"], json!(["proof-of-the-month.csv"]));
    std::fs::write(pack, "no pack").unwrap();
    assert_eq!(shell.run(&["verify", pack]).status.code(), Some(2));
}

/// What the owner decides, and takes back.
fn decide(shell: &Shell<'_>) {
    let of_entry = ["decide", "entry", "Petty cash", "--on", "2026-08-20"];
    let moves = ["--debit", "store-supplies=20.00", "--credit", "gateways.cash=20.00"];
    shell.says("decide", &[&of_entry[..], &moves[..]].concat());
    shell.says("decide", &["decide", "write-off", "#1002", "--on", "2026-08-20"]);
    shell.says("decide", &["decide", "exclude", "#1003"]);
    shell.says("decide-undo", &["decide", "undo", "3"]);
    let known = shell.says("decide-list", &["decide", "list"]);
    assert_eq!(known.as_array().unwrap().len(), 3);
    let half = ["--debit", "bank=5.00", "--credit", "tips=4.99"];
    let month = ["decide", "expected-returns", "--month", "2026-08"];
    let returns = ["--returns", "500.00", "--cost", "600.00"];
    let kept = shell.says("decide", &[&month[..], &returns].concat());
    assert_eq!(
        (kept["notes"].as_array().unwrap().len(), &kept["said"]["on"]),
        (1, &json!("2026-08-31"))
    );
    let away = ["decide", "promotional-card", "--on", "2026-08-20", "--amount", "25.00"];
    shell.says("decide", &away);
    shell.says("decide-undo", &["decide", "undo", "4"]);
    shell.says("decide-undo", &["decide", "undo", "5"]);
    let breakage = ["decide", "breakage", "--on", "2026-08-31", "--amount", "99999.00"];
    let residue = ["decide", "duties-residue", "#7", "--on", "2026-08-31"];
    let nobody = ["decide", "tax-remitted", "Atlantis", "--period", "2026-08"];
    let nobody = [&nobody[..], &["--on", "2026-09-20", "--paid", "1.00"]].concat();
    let nowhen = ["decide", "expected-returns", "--month", "August", "--returns", "1.00"];
    for (words, says) in [
        (&breakage[..], "99999.00 USD is more than"),
        (&residue[..], "no order is called `#7`"),
        (&nobody[..], "no tax is owed to `Atlantis`"),
        (&nowhen[..], "`August` is no month: write 2026-03"),
    ] {
        let refused = shell.run(words);
        assert_eq!(refused.status.code(), Some(2), "{words:?}");
        let error = shell.forms.assert("error", &refused.stderr);
        assert!(error["error"].as_str().unwrap().contains(says), "{error}");
    }
    let refused = shell.run(&[&of_entry[..], &half[..]].concat());
    assert_eq!(refused.status.code(), Some(2));
    shell.forms.assert("error", &refused.stderr);
}

/// Charts to begin with.
fn begin_with_templates(shell: &Shell<'_>) {
    let listed = shell.says("map-template-list", &["map", "template", "list"]);
    assert!(listed.as_array().unwrap().iter().any(|it| it["name"] == "de"), "{listed}");
    let shown = shell.says("map-template-show", &["map", "template", "show", "ca"]);
    assert!(shown["toml"].as_str().unwrap().contains("QST payable"), "{shown}");
    let file = shell.data.with_extension("toml");
    std::fs::write(&file, "[accounts]\nbank = \"Our bank\"\n").unwrap();
    shell.says("map-set", &["map", "template", "apply", "dk"]);
    shell.says("map-set", &["map", "template", "apply", file.to_str().unwrap()]);
    let policy = policy_of(shell);
    assert!(policy.contains("Our bank") && policy.contains("7200 Salgsmoms"), "{policy}");
    let unknown = shell.run(&["map", "template", "apply", "atlantis"]);
    assert_eq!(unknown.status.code(), Some(2));
    shell.forms.assert("error", &unknown.stderr);
}

/// What works without any vendor: a company with plain-text books and files.
fn keep_books_of_files(shell: &Shell<'_>, folder: &Path) {
    let begin = ["init", "--name", "Mug & Co.", "--currency", "USD", "--timezone"];
    let rest = ["America/New_York", "--start-date", "2026-01-01", "--template", "us"];
    shell.says("init", &[&begin[..], &rest[..]].concat());
    let policy = policy_of(shell);
    assert!(policy.contains("Sales of product income"), "{policy}");
    begin_with_templates(shell);
    shell.says("connect", &["connect", "plain-text"]);
    let table = folder.join("orders.csv");
    std::fs::write(&table, "neither,an,export\n1,2,3\n").unwrap();
    shell.says("import", &["import", table.to_str().unwrap()]);
    let exports = folder.join("exports");
    std::fs::create_dir_all(exports.join("older")).unwrap();
    std::fs::rename(&table, exports.join("orders.csv")).unwrap();
    let taken = shell.says("import", &["import", exports.to_str().unwrap()]);
    let of = |place: usize| taken[place]["refused"].as_str().unwrap().to_owned();
    assert!(of(0).contains("it is a folder"), "{taken}");
    assert!(!of(1).contains("folder") && taken[1]["file"] == "orders.csv", "{taken}");
    import_scattered(shell, folder);
    import_statement(shell, folder);
    shell.says("map-set", &["map", "set", "feeds.\"Our bank\".number", "B-1"]);
    let found = shell.says("doctor", &["doctor"]);
    let finding = |it: &&Value| it["check"].as_str().unwrap().contains("fed by files");
    let taken = found.as_array().unwrap().iter().find(finding).unwrap();
    assert_eq!(taken["good"], false, "plain text takes no files: {taken}");
    shell.says("sync", &["sync"]);
    shell.says("apply", &["apply"]);
    let proof = shell.says("prove", &["prove"]);
    assert_eq!(proof["bank"][0]["unknown"][0]["role"], "shipping-cost", "{proof}");
    let kept = shell.says("decide-bank-rows", &["decide", "bank-rows", "Our bank"]);
    assert_eq!(kept[0]["said"]["decided"]["event"], "bank-row", "{kept}");
    let again = shell.says("decide-bank-rows", &["decide", "bank-rows", "Our bank"]);
    assert_eq!(again, json!([]));
    close_a_month(shell);
    let failed = shell.run(&["explain", "nobody"]);
    shell.forms.assert("error", &failed.stderr);
}

/// A bank tells of money that no document knows.
/// The download of a bulk operation whose lines stand anywhere.
fn import_scattered(shell: &Shell<'_>, folder: &Path) {
    let fixture = "../saldo-channels/src/shopify/fixtures/bulk.jsonl";
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture)).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.reverse();
    let scattered = folder.join("scattered.jsonl");
    std::fs::write(&scattered, lines.join("\n")).unwrap();
    let taken = shell.says("import", &["import", scattered.to_str().unwrap()]);
    assert_eq!((&taken[0]["new"], &taken[0]["refused"]), (&json!(2), &Value::Null), "{taken}");
    let left = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    assert!(left.into_iter().all(|it| !it.to_string_lossy().starts_with("import-")));
}

fn import_statement(shell: &Shell<'_>, folder: &Path) {
    shell.says("map-set", &["map", "set", "bank-rows.\"Label*\"", "shipping-cost"]);
    let file = folder.join("balance.csv");
    std::fs::write(&file, "Posted,Merchant,Spent\n05/11/2026,Labels Inc.,-5.00\n").unwrap();
    let file = file.to_str().unwrap();
    let import = ["import", "--account", "Our bank", file];
    let refused = shell.says("import", &import);
    assert!(refused[0]["refused"].as_str().unwrap().contains("--column amount=HEAD"), "{refused}");
    let words = ["--column", "amount=Spent", "--dates", "day-first"];
    let taken = shell.says("import", &[&import[..], &words[..]].concat());
    assert_eq!(taken[0]["new"], 1, "{taken}");
    let bank = shell.says("bank", &["bank"]);
    assert_eq!(bank[0]["unknown"][0]["day"], "2026-11-05", "{bank}");
    let nowhere = shell.run(&[
        "import",
        "--account",
        "Nowhere",
        file,
        words[0],
        words[1],
        words[2],
        words[3],
    ]);
    assert_eq!(nowhere.status.code(), Some(2));
    shell.forms.assert("error", &nowhere.stderr);
}

/// The simulated vendors say where they are, and then serve.
fn serve_vendors(shell: &Shell<'_>) {
    let ports = ["--shopify-port", "0", "--quickbooks-online-port", "0", "--xero-port", "0"];
    let words = [&["sim", "--orders", "10", "--days", "3", "--quiet"][..], &ports[..]].concat();
    let mut child = shell.command(&words).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    while !text.ends_with("\n}\n") {
        text += &(lines.next().unwrap().unwrap() + "\n");
    }
    let sim = shell.forms.assert("sim", text.as_bytes());
    connect_vendors(shell, &sim);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Vendors are asked whom a connection leads to before anything is stored.
fn connect_vendors(shell: &Shell<'_>, sim: &Value) {
    let of = |name: &str| sim[name].as_str().unwrap().to_owned();
    let secret = shell.data.with_extension("secret");
    let token = shell.data.with_extension("token");
    let [secret_file, token_file] = [&secret, &token].map(|file| file.to_str().unwrap());
    let (id, api, gives) = (of("shopify_client_id"), of("shopify_api"), of("shopify_token"));
    let shop = ["connect", "shopify", "--shop", "mug-co", "--client-id", &id, "--api-url", &api];
    let secrets =
        ["--token-url", &gives, "--client-secret-file", secret_file, "--apart-from-files"];
    let shop = [&shop[..], &secrets[..]].concat();
    std::fs::write(&secret, "wrong").unwrap();
    let refused = shell.run(&shop);
    assert_eq!(refused.status.code(), Some(1));
    let error = shell.forms.assert("error", &refused.stderr);
    assert!(error["because"].to_string().contains("refuses the client id or secret"), "{error}");
    std::fs::write(&secret, of("shopify_client_secret")).unwrap();
    let connected = shell.says("connect", &shop);
    assert_eq!(connected["currency"], "USD", "{connected}");
    let name = connected["connection"].as_str().unwrap();
    assert_eq!(shell.says("disconnect", &["disconnect", name])["became"], "removed");
    let again = shell.run(&["disconnect", name]);
    assert_eq!(again.status.code(), Some(2), "it is gone");
    std::fs::write(&secret, of("quickbooks_online_client_secret")).unwrap();
    std::fs::write(&token, of("quickbooks_online_refresh_token")).unwrap();
    let (id, realm) = (of("quickbooks_online_client_id"), of("quickbooks_online_realm"));
    let (api, gives) = (of("quickbooks_online_api"), of("quickbooks_online_token"));
    let company = ["connect", "quickbooks-online", "--realm", &realm, "--client-id", &id];
    let secrets = ["--client-secret-file", secret_file, "--refresh-token-file", token_file];
    let addresses = ["--api-url", &api, "--token-url", &gives];
    let company = shell.says("connect", &[&company[..], &secrets, &addresses].concat());
    assert!(company["name"].is_string() && company["settings"].is_object(), "{company}");
}

/// Words that cannot be understood are said so as JSON; a script goes where nobody reads it.
fn misunderstand(shell: &Shell<'_>) {
    let unknown = shell.run(&["no-such-command"]);
    assert_eq!(unknown.status.code(), Some(2));
    let error = shell.forms.assert("error", &unknown.stderr);
    assert!(error["error"].as_str().unwrap().contains("no-such-command"), "{error}");
    let script = shell.says("completions", &["completions", "bash"]);
    assert!(script["script"].as_str().unwrap().contains("_saldo"), "{script}");
    let mut child = shell.command(&["completions", "zsh"]);
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.len()), (Some(0), 0));
}

/// A company file is connected, with a password that is shown once; and the service says where it
/// is called.
fn serve_callers(shell: &Shell<'_>, folder: &Path) {
    let file = folder.join("saldo.qwc");
    let (desktop, out) = (["connect", "quickbooks-desktop"], file.to_str().unwrap());
    let early = shell.run(&[&desktop[..], &["--renew-password"]].concat());
    assert_eq!(early.status.code(), Some(2), "there is nothing to renew");
    let url = ["--url", "https://saldo.example/qbwc", "--at", "02:00"];
    let connected = shell.says("connect", &[&desktop[..], &["--out", out], &url].concat());
    let password = connected["password"].as_str().unwrap();
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("<AppURL>https://saldo.example/qbwc</AppURL>"), "{written}");
    assert!(!written.contains(password));
    let again = shell.says("connect", &[&desktop[..], &["--out", out]].concat());
    assert!(again["password"].is_null(), "it is shown once");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written, "and all else stays");
    let renewed = shell.says("connect", &[&desktop[..], &["--renew-password"]].concat());
    assert_ne!(renewed["password"], password);
    let found = shell.says("doctor", &["doctor"]);
    let called = |it: &&Value| it["check"].as_str().unwrap().contains("Web Connector has called");
    let called = found.as_array().unwrap().iter().find(called).unwrap();
    assert!(called["hint"].as_str().unwrap().contains("Integrated Applications"), "{called}");
    let open = shell.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(open.status.code(), Some(2), "plain text is not spoken to the world");
    let listen = ["serve", "--listen", "127.0.0.1:0", "--quiet"];
    let mut child = shell.command(&listen).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    while !text.ends_with("\n}\n") {
        text += &(lines.next().unwrap().unwrap() + "\n");
    }
    let serving = shell.forms.assert("serve", text.as_bytes());
    let address = serving["quickbooks_web_connector"].as_str().unwrap();
    assert!(address.starts_with("http://127.0.0.1:") && address.ends_with("/qbwc"), "{address}");
    shell.says("connect", &[&desktop[..], &["--out", out, "--url", address]].concat());
    shell.says("connect", &[&desktop[..], &["--revoke"]].concat());
    let [password, company] = ["password", "company.json"].map(|name| folder.join(name));
    std::fs::write(&password, renewed["password"].as_str().unwrap()).unwrap();
    let [password, company] = [&password, &company].map(|path| path.to_str().unwrap());
    let session = ["sim-connector", out, "--password-file", password, "--company-file", company];
    let session = shell.says("sim-connector", &session);
    assert_eq!(session["ended"], "invalid-user", "nobody logs in any more");
    child.kill().unwrap();
    child.wait().unwrap();
    let ended = shell.says("disconnect", &["disconnect", "quickbooks-desktop"]);
    assert_eq!(ended["became"], "removed");
}

#[test]
fn every_command_says_what_its_schema_says() {
    let forms = Forms::read();
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let key = folder.path().join("demo.key");
    let shell = Shell { forms: &forms, data: demo, key };
    shell.says("demo", &["demo", "--orders", "60", "--days", "30"]);
    ask_afterwards(&shell);
    let (data, key) = (folder.path().join("mug"), folder.path().join("mug.key"));
    let shell = Shell { forms: &forms, data, key };
    keep_books_of_files(&shell, folder.path());
    serve_callers(&shell, folder.path());
    serve_vendors(&shell);
    misunderstand(&shell);
    assert_eq!(forms.unseen(), Vec::<&String>::new());
}
