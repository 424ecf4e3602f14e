//! Task tokens: opaque to whoever holds one, derived from the execution's ARN and the task's id, so
//! that the same execution gives the same tokens and the shell can find an execution by a token.

use crate::run::TaskId;

/// FNV-1a, 64 bits (the constants are the algorithm's). It tells a mangled token from a true one;
/// it is no defence against a forger.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

pub(crate) fn make(execution_arn: &str, id: TaskId) -> String {
    let plain = format!("{execution_arn}#{}", id.number());
    let marked = format!("{plain}#{:016x}", checksum(&plain));
    marked.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// What a token says, or `None` when it is not one of ours.
pub(crate) fn read(token: &str) -> Option<(String, TaskId)> {
    if !token.len().is_multiple_of(2) || !token.is_ascii() {
        return None;
    }
    let bytes = (0..token.len() / 2)
        .map(|at| u8::from_str_radix(token.get(2 * at..2 * at + 2)?, 16).ok())
        .collect::<Option<Vec<u8>>>()?;
    let marked = String::from_utf8(bytes).ok()?;
    let (plain, mark) = marked.rsplit_once('#')?;
    if mark != format!("{:016x}", checksum(plain)) {
        return None;
    }
    let (arn, number) = plain.rsplit_once('#')?;
    Some((arn.to_owned(), TaskId::numbered(number.parse().ok()?)))
}

/// The ARN of the execution that handed out a task token, or `None` when the text is no token of
/// this interpreter (`InvalidToken`).
pub fn execution_of_token(token: &str) -> Option<String> {
    read(token).map(|(arn, _)| arn)
}
