namespace BitcoinSock.Model

open System
open System.Collections.Generic
open System.Diagnostics

type LawVerdict =
    | Passed = 0
    | Failed = 1
    | Skipped = 2

/// How much to check.
type CheckOptions() =
    let mutable cases = 200
    let mutable budget = TimeSpan.FromSeconds 10.0

    /// Random cases for each law, at least one.
    /// <exception cref="T:System.ArgumentOutOfRangeException">Not above 0.</exception>
    member _.Cases
        with get () = cases
        and set value =
            if value <= 0 then
                raise (ArgumentOutOfRangeException("value", value, "Cases must be above 0."))

            cases <- value

    /// The seed of the random cases; null for a new one.
    member val Seed = Nullable<uint64>() with get, set

    /// The longest that one law may take: what is not begun by then is not played, but for one case
    /// of each way to look.
    /// <exception cref="T:System.ArgumentOutOfRangeException">Not above 0.</exception>
    member _.Budget
        with get () = budget
        and set value =
            if value <= TimeSpan.Zero then
                raise (ArgumentOutOfRangeException("value", value, "Budget must be above 0."))

            budget <- value

    /// The laws to check, by number or name; empty for all.
    member val Laws: IReadOnlyList<string> = [||] with get, set

/// What became of one law.
type LawResult =
    {
        /// Its number and name: "5 ZeroOverRead".
        Law: string
        Verdict: LawVerdict
        /// How many cases were played.
        Cases: int
        /// How many would have been, had there been time, and had none of them broken it.
        Asked: int
        /// The seed that plays them again.
        Seed: uint64
        /// The smallest case that breaks it, or the reason for the skip.
        Counterexample: string
    }

    /// How much was played, in words.
    member result.Extent =
        if result.Verdict = LawVerdict.Passed && result.Cases < result.Asked then
            $"{result.Cases} of {result.Asked} cases (time is up)"
        elif result.Cases = 1 then
            "1 case"
        else
            $"{result.Cases} cases"

/// What became of a backend.
type Report =
    {
        Backend: string
        /// How many random cases of each law were asked for: their sizes grow with it.
        Cases: int
        /// The longest that one law could take.
        Budget: TimeSpan
        Laws: IReadOnlyList<LawResult>
    }

    member report.Passed =
        report.Laws |> Seq.forall (fun law -> law.Verdict <> LawVerdict.Failed)

    /// A line a law; what broke, and how to play it again.
    override report.ToString() =
        let replay law =
            let number = (law.Law.Split ' ')[0]

            // Late cases come again only if there is as much time for them.
            let budget =
                if report.Budget = CheckOptions().Budget then
                    ""
                else
                    $", Budget = TimeSpan.FromSeconds({string report.Budget.TotalSeconds})"

            $"to replay: Conformance.Check(backend, new CheckOptions {{ Laws = [\"{number}\"], "
            + $"Seed = {law.Seed}, Cases = {report.Cases}{budget} }})"

        let line law =
            match law.Verdict with
            | LawVerdict.Passed -> $"passed   {law.Law}: {law.Extent}"
            | LawVerdict.Skipped -> $"skipped  {law.Law}: {law.Counterexample}"
            | _ -> $"FAILED   {law.Law}\n{law.Counterexample}\n{replay law}"

        $"backend {report.Backend}\n"
        + (report.Laws |> Seq.map line |> String.concat "\n")

/// A backend broke a law.
type ConformanceException(report: Report) =
    inherit Exception(string report)
    member _.Report = report

/// The laws, held against a backend.
[<AbstractClass; Sealed>]
type Conformance =

    /// Checks a backend, and tells of each law when it is done: of the backend's own laws first. If
    /// one of these is broken, the laws of operations are skipped, unless laws are named.
    /// <exception cref="T:BitcoinSock.Model.SetUpException">It cannot be played at all.</exception>
    static member Check
        (backend: Backend, options: CheckOptions, progress: Action<LawResult>)
        : Report =
        let seed =
            if options.Seed.HasValue then
                options.Seed.Value
            else
                uint64 (Random.Shared.NextInt64())

        let named =
            [
                for name in options.Laws do
                    match Laws.tryFind name with
                    | Some law -> law.Number
                    | None -> invalidArg (nameof options) $"There is no law '{name}'."
            ]

        let wanted =
            Laws.all
            |> List.filter (fun law -> named.IsEmpty || List.contains law.Number named)

        let scripts, operations = ResizeArray(), ResizeArray()

        // The first law of the backend's own that it broke.
        let mutable broken = None

        let check (law: Law) =
            let missing = law.Needs &&& ~~~backend.Capabilities

            let skipped why =
                LawVerdict.Skipped,
                {
                    Played = 0
                    Asked = 0
                    Smallest = Some why
                }

            let verdict, finding =
                match law.Play, broken with
                | Error why, _ -> skipped why
                | Ok _, _ when missing <> Capabilities.None ->
                    skipped $"the backend does not promise {missing}"
                // The operations are not awaited either: this is where it is told.
                | Ok _, _ when law.IsOfAwaits && not backend.IsAsync ->
                    skipped "its sock is no ISockAsync: nothing of it was awaited, by any law"
                // Each case would fail, some after seconds. A law that was named is played.
                | Ok _, Some first when named.IsEmpty && not law.IsOfBackend ->
                    skipped $"not played: law {first} failed"
                | Ok play, _ ->
                    let finding =
                        play
                            backend
                            {
                                Cases = options.Cases
                                Seed = seed
                                Budget = options.Budget
                                Start = Stopwatch.GetTimestamp()
                                Scripts = scripts
                                Operations = operations
                            }

                    (if finding.Smallest.IsSome then
                         LawVerdict.Failed
                     else
                         LawVerdict.Passed),
                    finding

            if verdict = LawVerdict.Failed && law.IsOfBackend && broken.IsNone then
                broken <- Some law.Title

            let result =
                {
                    Law = law.Title
                    Verdict = verdict
                    Cases = finding.Played
                    Asked = finding.Asked
                    Seed = seed
                    Counterexample = defaultArg finding.Smallest ""
                }

            progress.Invoke result
            law.Number, result

        let first, then' = wanted |> List.partition _.IsOfBackend

        {
            Backend = backend.Name
            Cases = options.Cases
            Budget = options.Budget
            Laws =
                first @ then'
                |> List.map check
                |> List.sortBy fst
                |> List.map snd
                |> Array.ofList
        }

    /// Checks a backend.
    static member Check(backend: Backend, options: CheckOptions) =
        Conformance.Check(backend, options, ignore)

    /// Checks a backend, with every law and a few cases of each.
    static member Check(backend: Backend) =
        Conformance.Check(backend, CheckOptions())

    /// Checks a backend, and throws if it breaks a law: a consumer's test in one line.
    static member Verify(backend: Backend) =
        let report = Conformance.Check backend

        if not report.Passed then
            raise (ConformanceException report)
