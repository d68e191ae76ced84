/// sockcheck: holds backends to the laws.
module BitcoinSock.Check.Program

open System
open Argu
open BitcoinSock.Model
open BitcoinSock.Check.Arguments

let private optionsOf request =
    let options = CheckOptions(Laws = List.toArray request.Laws)
    request.Seed |> Option.iter (fun seed -> options.Seed <- Nullable seed)
    request.Cases |> Option.iter (fun cases -> options.Cases <- cases)
    request.Budget |> Option.iter (fun budget -> options.Budget <- budget)
    options

// A path may have blanks.
let private quoted (word: string) =
    if word.Contains ' ' then $"\"{word}\"" else word

/// The command that plays a law again, if one was played.
let replay request (backend: Backend) (result: LawResult) =
    let foreign =
        match request.Foreign with
        | Some(file, factory) -> [ "--assembly"; quoted file; "--factory"; quoted factory ]
        | None -> []

    // The sizes of the cases may grow with their number.
    let cases =
        match request.Cases with
        | Some cases -> [ "--cases"; string cases ]
        | None -> []

    // Late cases come again only if there is as much time for them.
    let budget =
        match request.Budget with
        | Some time -> [ "--budget"; string time.TotalSeconds ]
        | None -> []

    let law = (result.Law.Split ' ')[0]

    if result.Cases = 0 then
        None
    else
        [ "sockcheck"; quoted backend.Name; $"--replay {law}:{result.Seed}" ]
        @ cases
        @ budget
        @ foreign
        |> String.concat " "
        |> Some

// What the kit could not turn into a verdict.
let private crashed (e: exn) =
    {
        Law = "the check itself"
        Verdict = LawVerdict.Failed
        Cases = 0
        Asked = 0
        Seed = 0UL
        Counterexample = string e
    }

let private checkOne request (backend: Backend) (oneMore: unit -> unit) =
    let done' = ResizeArray<LawResult>()

    let tell result =
        done'.Add result
        Output.law (replay request backend) result
        oneMore ()

    let options = optionsOf request
    Output.line "bold" $"== {backend.Name}"

    try
        Conformance.Check(backend, options, tell) |> ignore
    with
    | :? SetUpException -> reraise ()
    | e -> tell (crashed e)

    let report =
        {
            Backend = backend.Name
            Cases = options.Cases
            Budget = options.Budget
            Laws = done'
        }

    Output.total report
    report

let private wrong (message: string) =
    eprintfn $"sockcheck: {message}"
    eprintfn "sockcheck --help says what can be asked."
    2

let private check request backends =
    let reports = Output.forEach backends (checkOne request)
    let skipped law = law.Verdict = LawVerdict.Skipped
    let laws = reports |> Seq.collect _.Laws

    // Who names a law wants to see it hold.
    if not request.Laws.IsEmpty && Seq.forall skipped laws then
        let whys =
            laws
            |> Seq.map (fun law -> $"    {law.Law}: {law.Counterexample}")
            |> Seq.distinct

        wrong ("no law was played\n" + String.concat "\n" whys)
    elif reports |> List.forall _.Passed then
        0
    else
        1

/// Those with the given names, in that order; all if there are none.
let private named (names: string list) (backends: Backend list) =
    let find name =
        let isIt (backend: Backend) =
            String.Equals(backend.Name, name, StringComparison.OrdinalIgnoreCase)

        match List.filter isIt backends with
        | [] ->
            let known = backends |> List.map _.Name |> String.concat ", "
            raise (WrongUsage $"there is no backend '{name}'; there are: {known}")
        | found -> found

    if names.IsEmpty then
        backends
    else
        List.collect find names |> List.distinct

let private list backends =
    for backend: Backend in backends do
        Output.line "default" $"%-20s{backend.Name}{backend.Capabilities}"

    0

[<EntryPoint>]
let main words =
    try
        let request = parse words

        let backends =
            match request.Foreign with
            | Some(file, factory) -> Foreign.load file factory
            | None -> Backends.all
            |> named request.Names

        if request.IsList then
            list backends
        else
            check request backends
    with
    | :? ArguParseException as e when e.ErrorCode = ErrorCode.HelpText ->
        printfn $"{e.Message}"
        0
    // Its first line says what is wrong, the rest is the help.
    | :? ArguParseException as e ->
        let first = e.Message.Split '\n' |> Array.head
        wrong (first.Replace("ERROR: ", ""))
    | WrongUsage message -> wrong message
    | :? SetUpException as e ->
        eprintfn $"sockcheck: {e.Message}"
        2
