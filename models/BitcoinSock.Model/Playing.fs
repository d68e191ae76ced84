namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Threading.Tasks
open FsCheck
open FsCheck.FSharp

/// How much of a law is played, and from which seed.
type Effort =
    {
        Cases: int
        Seed: uint64
        Budget: TimeSpan
    }

/// What playing came to: how many cases, and the smallest that breaks the law.
type Finding =
    { Played: int; Smallest: string option }

/// A way to look whether a law holds of a backend.
type Look = Backend -> Effort -> Finding

/// The ways to look whether a law holds.
module internal Playing =

    /// A case that takes longer hangs.
    let private watchdog = TimeSpan.FromSeconds 30.0

    /// Random cases, each on a fresh pair, until one breaks the law or the effort is spent; that
    /// one is made smaller.
    let private search
        arb
        (tell: 'a -> string)
        (broken: BackendPair -> 'a -> string list)
        (backend: Backend)
        effort
        =
        let start = Stopwatch.GetTimestamp()
        let mutable played = 0
        let mutable smallest = None

        let play case =
            let job =
                Task.Run<string list>(fun () ->
                    use pair = backend.CreatePair()
                    broken pair case)

            if not (job.Wait watchdog) then
                [ $"it did not end within {watchdog.TotalSeconds} s" ]
            else
                job.Result

        // What the last case that broke it said: that is the smallest. It is not played again, for
        // it may hold the next time.
        let mutable why = []

        let holds case =
            if Stopwatch.GetElapsedTime start > effort.Budget then
                true
            else
                played <- played + 1

                let found =
                    try
                        play case
                    with error ->
                        // An exception from a backend is no outcome: the law does not hold.
                        [ error.GetBaseException().ToString() ]

                why <- if found.IsEmpty then why else found
                found.IsEmpty

        let runner =
            { new IRunner with
                member _.OnStartFixture _ = ()
                member _.OnArguments(_, _, _) = ()
                member _.OnShrink(_, _) = ()

                member _.OnFinished(_, result) =
                    match result with
                    | TestResult.Failed(_, _, [ case ], _, _, _, _) ->
                        smallest <- Some(String.concat "\n" (why @ [ tell (unbox<'a> case) ]))
                    | _ -> ()
            }

        let config =
            Config.Quick
                .WithRunner(runner)
                .WithMaxTest(effort.Cases)
                .WithReplay(Some { Rnd = Rnd effort.Seed; Size = None })

        Check.One(config, Prop.forAll arb holds)

        { Played = played; Smallest = smallest }

    /// What concerns this law.
    let ofLaw number (broken: string list) =
        broken |> List.filter (fun line -> line.StartsWith $"{number} ")

    /// A law of scripts: what both ends do, in any order.
    let script number (backend: Backend) effort =
        let broken pair acts = Script.play pair acts |> ofLaw number
        search (Script.arb backend.Capabilities) Script.tell broken backend effort

    /// A law of operations, under faults.
    let private operations broken (backend: Backend) effort =
        let possible case =
            PairPlay.realisable backend.Capabilities case

        let tell case =
            Case.tell (possible case) (Case.simulate Case.library (possible case))

        search Case.onPair tell (fun pair case -> broken pair (possible case)) backend effort

    let private judge pair case =
        let observed, findings = PairPlay.play Case.library pair case
        findings @ Case.judge case observed

    let operation number =
        operations (fun pair case -> judge pair case |> ofLaw number)

    let shortCalls: Look =
        let isShort fault =
            match fault with
            | Fault.Partial _
            | Fault.ShortPeek _ -> true
            | _ -> false

        operations (fun pair case ->
            let faults = List.filter isShort case.Schedule.Faults

            judge
                pair
                { case with
                    Schedule = Schedule.ofFaults faults
                }
            |> List.map (sprintf "4 ShortCallsAreLegal: %s"))

    let determinism backend =
        operations
            (fun pair case ->
                let once pair =
                    (PairPlay.play Case.library pair case |> fst).Steps

                use again = (backend: Backend).CreatePair()

                [
                    if once pair <> once again then
                        "37 Determinism: the trace is another one the second time"
                ])
            backend

    /// Few cases, each played once.
    let fixedCases cases tell broken (backend: Backend) effort =
        let play (played, smallest) case =
            if Option.isSome smallest then
                played, smallest
            else
                let one = { effort with Cases = 1 }
                let arb = Arb.fromGen (Gen.constant case)
                let finding = search arb tell broken backend one
                played + finding.Played, finding.Smallest

        let played, smallest = List.fold play (0, None) cases
        { Played = played; Smallest = smallest }

    /// One law by several ways to look.
    let both (first: Look) (second: Look) (backend: Backend) effort =
        let one = first backend effort

        if one.Smallest.IsSome then
            one
        else
            let other = second backend effort

            { other with
                Played = one.Played + other.Played
            }
