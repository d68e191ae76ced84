/// What may be asked of sockcheck, and what it means.
module BitcoinSock.Check.Arguments

open System
open Argu
open BitcoinSock.Model

/// Not to be done as asked: exit status 2.
exception WrongUsage of message: string

type Argument =
    | [<MainCommand>] Backends of BACKEND: string list
    | [<Unique>] List
    | [<Unique>] Assembly of FILE: string
    | [<Unique>] Factory of METHOD: string
    | Law of LAW: string
    | [<Unique>] Seed of NUMBER: uint64
    | [<Unique>] Cases of NUMBER: int
    | [<Unique>] Budget of SECONDS: float
    | [<Unique>] Replay of ``LAW:SEED``: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Backends _ -> "the backends to check, by name; all if none is given."
            | List -> "list the backends and what each promises, and check nothing."
            | Assembly _ -> "check backends of your own, from this assembly; needs --factory."
            | Factory _ ->
                "the method that makes them, as Namespace.Type.Method: public, static, without "
                + "parameters, and it returns a Backend or a sequence of them."
            | Law _ -> "check this law only, by number or name, as 5 or ZeroOverRead; repeatable."
            | Seed _ -> "the seed of the random cases; a new one if none is given."
            | Cases _ -> "random cases for each law; 200 if not given."
            | Budget _ -> "the longest that one law may take; 10 if not given."
            | Replay _ -> "check this law with this seed only, as a failure says, as 5:20260101."

/// What to do.
type Request =
    {
        Names: string list
        IsList: bool
        /// The file and the factory.
        Foreign: (string * string) option
        Laws: string list
        Seed: uint64 option
        Cases: int option
        Budget: TimeSpan option
    }

let private parser =
    ArgumentParser.Create<Argument>(
        programName = "sockcheck",
        helpTextMessage =
            "Holds socket backends to the laws (docs/laws.md).\n"
            + "Exit status: 0 all passed, 1 a law failed, 2 wrong usage, or no law was played."
    )

let private wrong message = raise (WrongUsage message)

// "5 ZeroOverRead", as reports name it, is its number.
let private law (text: string) =
    match text.Trim().Split(' ')[0] with
    | "" -> wrong "a law has a number or a name"
    | law when (Laws.tryFind law).IsNone ->
        let last = List.last Laws.all
        wrong $"there is no law '{law}'; they are 1 to {last.Number}, or go by their names"
    | law -> law

let private replay (text: string) =
    let colon = text.LastIndexOf ':'

    match UInt64.TryParse text[colon + 1 ..] with
    | true, seed when colon > 0 -> law text[.. colon - 1], seed
    | _ -> wrong $"--replay wants a law and a seed, as 5:20260101, not '{text}'"

let private positive number =
    if number > 0 then
        number
    else
        wrong "--cases wants a number above 0"

let private seconds number =
    let time =
        if number > 0.0 && number < TimeSpan.MaxValue.TotalSeconds then
            TimeSpan.FromSeconds number
        else
            TimeSpan.Zero

    // Less than a tick is none.
    if time > TimeSpan.Zero then
        time
    else
        wrong "--budget wants a number of seconds, 1e-7 or more"

let private optionOrName (name: string) =
    if name.StartsWith '-' then
        wrong $"there is no option '{name}'"
    else
        name

/// A request, or WrongUsage, or Argu's exception with the text for the user.
let parse (words: string[]) =
    let given = parser.ParseCommandLine(words, raiseOnUsage = true)
    let one = given.TryGetResult Replay |> Option.map replay

    if one.IsSome && (given.Contains Law || given.Contains Seed) then
        wrong "--replay says the law and the seed; --law and --seed do not go with it"

    {
        Names = given.GetResult(Backends, []) |> List.map optionOrName
        IsList = given.Contains List
        Foreign =
            match given.TryGetResult Assembly, given.TryGetResult Factory with
            | Some file, Some factory -> Some(file, factory)
            | None, None -> None
            | _ -> wrong "--assembly and --factory go together"
        Laws = List.map law (given.GetResults Law) @ Option.toList (Option.map fst one)
        Seed = given.TryGetResult Seed |> Option.orElse (Option.map snd one)
        Cases = given.TryGetResult Cases |> Option.map positive
        Budget = given.TryGetResult Budget |> Option.map seconds
    }
