namespace BitcoinSock.Model

open System

/// Bytes for people.
[<RequireQualifiedAccess>]
module internal Quote =

    let private one (value: byte) =
        match char value with
        | '\n' -> "\\n"
        | '"' -> "\\\""
        | letter when value >= 32uy && value < 127uy -> string letter
        | _ -> $"\\x{value:x2}"

    let private all = Array.map one >> String.Concat

    /// As text between quotes; of many the first and the last.
    let bytes (bytes: byte[]) =
        if bytes.Length > 60 then
            $"\"{all bytes[..20]}...{all bytes[bytes.Length - 20 ..]}\""
        else
            $"\"{all bytes}\""
