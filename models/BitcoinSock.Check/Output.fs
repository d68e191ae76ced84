/// What the user sees: a line for each law, what went wrong, and a bar where somebody looks on.
module BitcoinSock.Check.Output

open System
open Spectre.Console
open BitcoinSock.Model

let private isTrue name =
    not (String.IsNullOrEmpty(Environment.GetEnvironmentVariable name))

let private console =
    let colors =
        if isTrue "NO_COLOR" then
            ColorSystemSupport.NoColors
        else
            ColorSystemSupport.Detect

    AnsiConsole.Create(AnsiConsoleSettings(ColorSystem = colors))

let private isTerminal =
    not Console.IsOutputRedirected && console.Profile.Capabilities.Ansi

/// Prints a line; colours are for terminals, and so is breaking it at the edge.
let line color (text: string) =
    if isTerminal then
        console.MarkupLine $"[{color}]{Markup.Escape text}[/]"
    else
        Console.Out.WriteLine text

let private indented (text: string) =
    text.ReplaceLineEndings("\n").TrimEnd().Split '\n'
    |> List.ofArray
    |> List.map ((+) "    ")

/// What became of a law, and how to see it again.
let law (replay: LawResult -> string option) (result: LawResult) =
    let row verdict what =
        $"%-8s{verdict}%-28s{result.Law}{what}".TrimEnd()

    match result.Verdict with
    | LawVerdict.Passed -> line "green" (row "passed" result.Extent)
    | LawVerdict.Skipped -> line "yellow" (row "skipped" result.Counterexample)
    | _ ->
        line "red" (row "FAILED" result.Extent)
        List.iter (line "default") (indented result.Counterexample)

        replay result
        |> Option.iter (fun command -> line "default" $"    to replay: {command}")

/// The last line of a backend.
let total (report: Report) =
    let count verdict =
        report.Laws |> Seq.filter (fun law -> law.Verdict = verdict) |> Seq.length

    let passed, failed, skipped =
        count LawVerdict.Passed, count LawVerdict.Failed, count LawVerdict.Skipped

    line
        (if failed = 0 then "green" else "red")
        $"backend {report.Backend}: {passed} passed, {failed} failed, {skipped} skipped"

/// Checks each backend by a function that calls back when a law is done. The first backend shows
/// how many laws there are.
let forEach (backends: Backend list) (check: Backend -> (unit -> unit) -> Report) =
    if not isTerminal then
        backends |> List.map (fun backend -> check backend ignore)
    else
        let columns: ProgressColumn[] =
            [|
                SpinnerColumn()
                TaskDescriptionColumn()
                ProgressBarColumn()
                ElapsedTimeColumn()
            |]

        let watched (context: ProgressContext) =
            let bar = context.AddTask("the laws", autoStart = true)
            bar.IsIndeterminate <- true

            let one (backend: Backend) =
                bar.Description <- Markup.Escape backend.Name
                let report = check backend (fun () -> bar.Increment 1.0)
                bar.MaxValue <- float (max 1 (report.Laws.Count * backends.Length))
                bar.IsIndeterminate <- false
                report

            List.map one backends

        Progress(console).AutoClear(true).Columns(columns).Start(Func<_, _> watched)
