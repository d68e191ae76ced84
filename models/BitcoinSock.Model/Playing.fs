namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Threading.Tasks
open FsCheck
open FsCheck.FSharp

/// How a case went: the laws it broke, or what ended it; and then what there is to tell of it.
type internal Played =
    {
        Broken: Result<string list, string>
        Story: string
    }

/// How much of a law is played, and from which seed.
type internal Effort =
    {
        Cases: int
        Seed: uint64
        Budget: TimeSpan
        /// When the law began: a timestamp.
        Start: int64
        /// How the random scripts went, in their order: played for one law, judged by all.
        Scripts: ResizeArray<Played>
        /// How the random operations went, in their order.
        Operations: ResizeArray<Played>
    }

    member effort.IsSpent = Stopwatch.GetElapsedTime effort.Start > effort.Budget

/// What playing came to: how many cases of how many, and the smallest that breaks the law.
type internal Finding =
    {
        Played: int
        Asked: int
        Smallest: string option
    }

/// A way to look whether a law holds of a backend.
type internal Look = Backend -> Effort -> Finding

/// A case to be played: the laws that it breaks on a pair, and what there is to tell of it by now.
type internal Play =
    {
        Broken: BackendPair -> string list
        Tell: unit -> string
    }

/// The ways to look whether a law holds.
module internal Playing =

    // Of a look that was not taken.
    let private nothing =
        {
            Played = 0
            Asked = 0
            Smallest = None
        }

    /// A case that takes longer hangs.
    let private watchdog = TimeSpan.FromSeconds 30.0

    /// For cases that nobody else plays.
    let unknown (_: Effort) = ResizeArray<Played>()

    /// Random cases, each on a fresh pair, until one breaks what is looked at or the effort is
    /// spent, and one at least; that one is made smaller. The first are known, if they were played
    /// before.
    let search
        (arb: Arbitrary<'a>)
        (stage: 'a -> Play)
        (known: Effort -> ResizeArray<Played>)
        (lookedAt: string list -> string list)
        (backend: Backend)
        (effort: Effort)
        =
        let known = known effort
        let mutable played = 0
        let mutable smallest = None
        let mutable setUp = None

        let broken play =
            let job =
                Task.Run<string list>(fun () ->
                    use pair = backend.CreatePair()
                    play.Broken pair)

            try
                if job.Wait watchdog then
                    Ok job.Result
                else
                    Error $"it did not end within {watchdog.TotalSeconds} s"
            with error ->
                match SetUp.ofError backend.Name error with
                | Some _ as found ->
                    setUp <- found
                    Ok []
                // An exception from a backend is no outcome: no law holds.
                | None -> Error(Thrown.tell error)

        let play case =
            let play = stage case
            let found = broken play

            {
                Broken = found
                Story = if found = Ok [] then "" else play.Tell()
            }

        // What there was to tell of the last case that broke it: that is the smallest. It is not
        // played again, for it may hold the next time.
        let mutable story = None

        let holds case =
            if setUp.IsSome || played > 0 && effort.IsSpent then
                true
            else
                // Behind the first that breaks it come smaller ones, which nobody has played.
                let isSmaller = Option.isSome story

                let one =
                    if not isSmaller && played < known.Count then
                        known[played]
                    else
                        play case

                if not isSmaller && played = known.Count then
                    known.Add one

                played <- played + 1

                let found =
                    match one.Broken with
                    | Ok lines -> lookedAt lines
                    | Error end' -> [ end' ]

                if not found.IsEmpty then
                    story <- Some(String.concat "\n" (found @ [ one.Story ]))

                found.IsEmpty

        let runner =
            { new IRunner with
                member _.OnStartFixture _ = ()
                member _.OnArguments(_, _, _) = ()
                member _.OnShrink(_, _) = ()

                member _.OnFinished(_, result) =
                    match result with
                    | TestResult.Failed _ -> smallest <- story
                    | _ -> ()
            }

        let config =
            Config.Quick
                .WithRunner(runner)
                .WithMaxTest(effort.Cases)
                .WithReplay(Some { Rnd = Rnd effort.Seed; Size = None })

        Check.One(config, Prop.forAll arb holds)
        Option.iter raise setUp

        {
            Played = played
            Asked = effort.Cases
            Smallest = smallest
        }

    /// What concerns this law.
    let ofLaw number (broken: string list) =
        broken |> List.filter (fun line -> line.StartsWith $"{number} ")

    /// A law of scripts: what both ends do, in any order.
    let script number (backend: Backend) =
        let stage acts =
            {
                Broken = fun pair -> Script.play pair acts
                Tell = fun () -> Script.tell acts
            }

        search (Script.arb backend.Capabilities) stage _.Scripts (ofLaw number) backend

    /// Those that the backend has.
    let formsOf (backend: Backend) =
        Form.Blocking
        :: [
            if backend.IsAsync then
                Form.Awaited
        ]

    /// Few cases, each played once; the first whatever the time.
    let fixedCases cases tell broken (backend: Backend) (effort: Effort) =
        let play (played, smallest) case =
            if Option.isSome smallest || played > 0 && effort.IsSpent then
                played, smallest
            else
                let one = { effort with Cases = 1 }

                let play =
                    {
                        Broken = fun pair -> broken pair case
                        Tell = fun () -> tell case
                    }

                let finding = search (Arb.fromGen (Gen.constant play)) id unknown id backend one

                played + finding.Played, finding.Smallest

        let played, smallest = List.fold play (0, None) cases

        {
            Played = played
            Asked = List.length cases
            Smallest = smallest
        }

    /// One law by several ways to look, until one of them finds it broken.
    let inTurn (looks: Look list) : Look =
        let look backend effort sum (next: Look) =
            if Option.isSome sum.Smallest then
                sum
            else
                let one = next backend effort

                { one with
                    Played = sum.Played + one.Played
                    Asked = sum.Asked + one.Asked
                }

        fun backend effort -> List.fold (look backend effort) nothing looks

    /// Only where it is promised.
    let ifPromised capability (look: Look) : Look =
        fun backend effort ->
            if backend.Capabilities.HasFlag capability then
                look backend effort
            else
                nothing

    /// By the calls that block, and by those that are awaited if the backend has them.
    let inBothForms (look: Form -> Look) : Look =
        fun backend -> inTurn (List.map look (formsOf backend)) backend
