//! Evaluates a statement under a policy file: `evaluate POLICY.json SQL`.

use pgbeam_engine::{Engine, Policy};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, sql] = arguments.as_slice() else {
        return Err("usage: evaluate POLICY.json SQL".into());
    };
    let policy = Policy::from_json(&std::fs::read_to_string(file)?)?;
    let evaluation = Engine::default().evaluate(&policy, sql);
    println!("{}", serde_json::to_string_pretty(&evaluation)?);
    Ok(())
}
