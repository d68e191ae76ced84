namespace BitcoinSock.Model

open System
open System.Collections.Generic

type LawVerdict =
    | Passed = 0
    | Failed = 1
    | Skipped = 2

/// How much to check.
type CheckOptions() =
    /// Random cases for each law.
    member val Cases = 200 with get, set

    /// The seed of the random cases; null for a new one.
    member val Seed = Nullable<uint64>() with get, set

    /// The longest that one law may take; what is not played by then is not counted.
    member val Budget = TimeSpan.FromSeconds 10.0 with get, set

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
        /// The seed that plays them again.
        Seed: uint64
        /// The smallest case that breaks it, or the reason for the skip.
        Counterexample: string
    }

/// What became of a backend.
type Report =
    {
        Backend: string
        Laws: IReadOnlyList<LawResult>
    }

    member report.Passed =
        report.Laws |> Seq.forall (fun law -> law.Verdict <> LawVerdict.Failed)

    /// A line a law; what broke, and how to play it again.
    override report.ToString() =
        let line law =
            match law.Verdict with
            | LawVerdict.Passed -> $"passed   {law.Law} ({law.Cases} cases)"
            | LawVerdict.Skipped -> $"skipped  {law.Law}: {law.Counterexample}"
            | _ -> $"FAILED   {law.Law} (seed {law.Seed})\n{law.Counterexample}"

        $"backend {report.Backend}\n"
        + (report.Laws |> Seq.map line |> String.concat "\n")

/// A backend broke a law.
type ConformanceException(report: Report) =
    inherit Exception(string report)
    member _.Report = report

/// The laws, held against a backend.
[<AbstractClass; Sealed>]
type Conformance =

    /// Checks a backend, and tells of each law when it is done.
    static member Check
        (backend: Backend, options: CheckOptions, progress: Action<LawResult>)
        : Report =
        let seed =
            if options.Seed.HasValue then
                options.Seed.Value
            else
                uint64 (Random.Shared.NextInt64())

        let effort =
            {
                Cases = options.Cases
                Seed = seed
                Budget = options.Budget
            }

        let isNamed (name: string) (law: Law) =
            [ law.Name; string law.Number; law.Title ]
            |> List.exists (fun known -> known.Equals(name, StringComparison.OrdinalIgnoreCase))

        for name in options.Laws do
            if not (List.exists (isNamed name) Laws.all) then
                invalidArg (nameof options) $"There is no law '{name}'."

        let wanted =
            Laws.all
            |> List.filter (fun law ->
                options.Laws.Count = 0
                || options.Laws |> Seq.exists (fun name -> isNamed name law))

        let check (law: Law) =
            let missing = law.Needs &&& ~~~backend.Capabilities

            let verdict, cases, text =
                match law.Play with
                | Error why -> LawVerdict.Skipped, 0, why
                | Ok _ when missing <> Capabilities.None ->
                    LawVerdict.Skipped, 0, $"the backend does not promise {missing}"
                | Ok play ->
                    match play backend effort with
                    | {
                          Smallest = Some story
                          Played = played
                      } -> LawVerdict.Failed, played, story
                    | { Played = played } -> LawVerdict.Passed, played, ""

            let result =
                {
                    Law = law.Title
                    Verdict = verdict
                    Cases = cases
                    Seed = seed
                    Counterexample = text
                }

            progress.Invoke result
            result

        {
            Backend = backend.Name
            Laws = wanted |> List.map check |> Array.ofList
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
