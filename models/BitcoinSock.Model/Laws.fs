namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Threading
open FsCheck
open FsCheck.FSharp
open BitcoinSock

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

/// A law: what must hold of a backend, and how the kit looks whether it does.
[<NoEquality; NoComparison>]
type Law =
    {
        Number: int
        Name: string
        Statement: string
        /// What a backend must promise for the law to be asked of it.
        Needs: Capabilities
        /// Plays it; or why it cannot be seen from outside.
        Play: Result<Backend -> Effort -> Finding, string>
    }

    member law.Title = $"{law.Number} {law.Name}"

/// Every law, by number and name.
[<RequireQualifiedAccess>]
module Laws =

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
                Threading.Tasks.Task.Run<string list>(fun () ->
                    use pair = backend.CreatePair()
                    broken pair case)

            if not (job.Wait watchdog) then
                [ $"it did not end within {watchdog.TotalSeconds} s" ]
            else
                job.Result

        let explain case =
            let why =
                try
                    play case
                with error ->
                    [ error.GetBaseException().ToString() ]

            String.concat "\n" (why @ [ tell case ])

        let holds case =
            if Stopwatch.GetElapsedTime start > effort.Budget then
                true
            else
                played <- played + 1
                // An exception from a backend is no outcome: the law does not hold.
                (try
                    play case
                 with error ->
                     [ error.Message ])
                    .IsEmpty

        let runner =
            { new IRunner with
                member _.OnStartFixture _ = ()
                member _.OnArguments(_, _, _) = ()
                member _.OnShrink(_, _) = ()

                member _.OnFinished(_, result) =
                    match result with
                    | TestResult.Failed(_, _, [ case ], _, _, _, _) ->
                        smallest <- Some(explain (unbox<'a> case))
                    | _ -> ()
            }

        let config =
            Config.Quick
                .WithRunner(runner)
                .WithMaxTest(effort.Cases)
                .WithReplay(Some { Rnd = Rnd effort.Seed; Size = None })

        Check.One(config, Prop.forAll arb holds)

        { Played = played; Smallest = smallest }

    let private ofLaw number (broken: string list) =
        broken |> List.filter (fun line -> line.StartsWith $"{number} ")

    /// A law of scripts: what both ends do, in any order.
    let private script number (backend: Backend) effort =
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

    let private operation number =
        operations (fun pair case -> judge pair case |> ofLaw number)

    let private shortCalls =
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

    let private determinism backend =
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
    let private fixedCases cases tell broken backend effort =
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

    let private ms (time: TimeSpan) = $"{time.TotalMilliseconds} ms"

    let private waitNotEarly =
        let times = [ 0.0; 0.3; 1.5; 2.7; 20.0 ] |> List.map TimeSpan.FromMilliseconds

        fixedCases times (fun time -> $"wait {ms time} for nothing") (fun pair time ->
            let clock = pair.Sock.Clock
            let start = clock.GetTimestamp()
            let mutable occurred = SockEvents.None
            let result = pair.Sock.Wait(time, SockEvents.Recv, &occurred)
            let elapsed = clock.GetElapsedTime start

            [
                if result <> SockResult.Ok 0 || occurred <> SockEvents.None then
                    $"20 WaitNotEarly: nothing came, and it returns {result} and {occurred}"
                elif elapsed < time then
                    $"20 WaitNotEarly: over after {ms elapsed}"
            ])

    let private badHandle =
        fixedCases
            [ "recv"; "send"; "wait" ]
            (fun call -> $"dispose, then {call}")
            (fun pair call ->
                match box pair.Sock with
                | :? IDisposable as owner -> owner.Dispose()
                | _ -> invalidOp "A backend with a descriptor is IDisposable."

                let mutable occurred = SockEvents.None

                let result =
                    match call with
                    | "recv" -> pair.Sock.Recv(Span(Array.zeroCreate 1), SockFlags.DontWait)
                    | "send" -> pair.Sock.Send(ReadOnlySpan [| 1uy |], SockFlags.DontWait)
                    | _ -> pair.Sock.Wait(TimeSpan.FromSeconds 5.0, SockEvents.Recv, &occurred)

                [
                    if
                        not result.IsError || not (NetworkError.IoErrorIsPermanent result.Error)
                    then
                        $"21 BadHandle: {call} returns {result}"
                ])

    // The median of a few: one measurement tells more of the machine than of the backend.
    let private interruptBound =
        let bound = TimeSpan.FromMilliseconds 1.0

        fixedCases
            [ () ]
            (fun () -> "interrupt a receive that is blocked, 21 times")
            (fun pair () ->
                let once () =
                    let interrupt = ThreadInterrupt()
                    use started = new ManualResetEventSlim()

                    let blocked =
                        Threading.Tasks.Task.Factory.StartNew(
                            (fun () ->
                                started.Set()
                                let forEver = Timeout.InfiniteTimeSpan
                                let span = Span(Array.zeroCreate 1)

                                let token =
                                    ThreadInterrupt.op_Implicit interrupt: CancellationToken

                                let outcome =
                                    SockOperations.TryRecvComplete(
                                        pair.Sock,
                                        span,
                                        forEver,
                                        token
                                    )

                                outcome.Status, Stopwatch.GetTimestamp()),
                            Threading.Tasks.TaskCreationOptions.LongRunning
                        )

                    started.Wait()
                    Thread.Sleep 2 // into the wait; a faster or slower one is measured as well
                    let start = Stopwatch.GetTimestamp()
                    interrupt.Interrupt()
                    let status, finish = blocked.Result
                    status, Stopwatch.GetElapsedTime(start, finish)

                let rounds = List.init 21 (fun _ -> once ())
                let median = rounds |> List.map snd |> List.sort |> List.item 10

                [
                    if rounds |> List.exists (fst >> (<>) SockStatus.Interrupted) then
                        "13 InterruptBound: it does not end as interrupted"
                    elif median > bound then
                        $"13 InterruptBound: it takes {ms median}, more than {ms bound}"
                ])

    let private timeoutEdge =
        let day = TimeSpan.FromDays 1.0

        let edges =
            [
                TimeSpan.Zero, true
                TimeSpan.MaxValue, true
                day * 25.0, true
                Timeout.InfiniteTimeSpan, true
                TimeSpan.FromMilliseconds -2.0, false
                TimeSpan.MinValue, false
            ]

        let tell (time: TimeSpan, _) =
            $"a byte is there; RecvComplete within {time}"

        fixedCases edges tell (fun pair (time, isValid) ->
            pair.Peer.Write(ReadOnlySpan [| 1uy |]) |> ignore
            let mutable occurred = SockEvents.None
            pair.Sock.Wait(TimeSpan.FromSeconds 5.0, SockEvents.Recv, &occurred) |> ignore

            let ended =
                try
                    Ok(
                        SockOperations
                            .TryRecvComplete(pair.Sock, Span(Array.zeroCreate 1), time)
                            .Status
                    )
                with :? ArgumentOutOfRangeException ->
                    Error "refused"

            [
                match ended, isValid with
                | Ok SockStatus.Ok, true
                | Error _, false -> ()
                | _ -> $"15 TimeoutEdge: {ended}"
            ])

    let private bytesAreBytes =
        let tell (terminator: byte) =
            $"a line of all other bytes, ended by {terminator}"

        fixedCases [ for byte in 0uy .. 255uy -> byte ] tell (fun pair terminator ->
            let line =
                [|
                    for byte in 0uy .. 255uy do
                        if byte <> terminator then
                            byte
                |]

            pair.Peer.Write(ReadOnlySpan(Array.concat [ line; [| terminator; terminator |] ]))
            |> ignore

            let buffer = Array.zeroCreate 300
            let within = TimeSpan.FromSeconds 5.0

            let outcome =
                SockOperations.TryRecvUntilTerminator(pair.Sock, terminator, Span buffer, within)

            [
                if not outcome.IsOk || buffer[.. outcome.Count - 1] <> line then
                    $"33 BytesAreBytes: ends as {outcome}"
            ])

    let private chunkInvariance =
        let stream = "ab\ncd"B

        let tell cut =
            $"\"ab\\ncd\" arrives in two parts, cut behind {cut} bytes"

        fixedCases [ 1 .. stream.Length - 1 ] tell (fun pair cut ->
            let first, second = Array.splitAt cut stream
            let buffer = Array.zeroCreate 10
            let short = TimeSpan.FromMilliseconds 5.0
            let within = TimeSpan.FromSeconds 5.0
            pair.Peer.Write(ReadOnlySpan first) |> ignore
            let sock = pair.Sock
            let early = SockOperations.TryRecvUntilTerminator(sock, '\n'B, Span buffer, short)
            pair.Peer.Write(ReadOnlySpan second) |> ignore

            let late =
                if early.IsOk then
                    early.Count
                else
                    let rest = Span(buffer, early.Count, 10 - early.Count)

                    early.Count
                    + SockOperations.TryRecvUntilTerminator(sock, '\n'B, rest, within).Count

            let next = Array.zeroCreate 2
            let after = SockOperations.TryRecvComplete(sock, Span next, within)

            [
                if late <> 2 || buffer[..1] <> "ab"B || not after.IsOk || next <> "cd"B then
                    $"34 ChunkInvariance: a line of {late}, then {after}"
            ])

    let private directionIndependence =
        fixedCases
            [ 1; 100; 1000 ]
            (sprintf "time out, then send and receive %d bytes")
            (fun pair size ->
                let data = Array.init size byte
                let within = TimeSpan.FromSeconds 5.0
                let brief = TimeSpan.FromMilliseconds 2.0

                let none =
                    SockOperations.TryRecvComplete(pair.Sock, Span(Array.zeroCreate 1), brief)

                let sent = SockOperations.TrySendComplete(pair.Sock, ReadOnlySpan data, within)
                pair.Peer.Write(ReadOnlySpan data) |> ignore
                let back = Array.zeroCreate size
                let received = SockOperations.TryRecvComplete(pair.Sock, Span back, within)

                [
                    if none.Status <> SockStatus.Timeout then
                        $"31 DirectionIndependence: nothing came, and it ends as {none}"
                    elif not sent.IsOk || not received.IsOk || back <> data then
                        $"31 DirectionIndependence: then {sent} and {received}"
                ])

    let private interruptReuse =
        fixedCases [ () ] (fun () -> "interrupted, reset, and again") (fun pair () ->
            let interrupt = ThreadInterrupt()

            let token () =
                ThreadInterrupt.op_Implicit interrupt: CancellationToken

            let within = TimeSpan.FromSeconds 5.0

            let recv () =
                SockOperations.TryRecvComplete(
                    pair.Sock,
                    Span(Array.zeroCreate 1),
                    within,
                    token ()
                )

            interrupt.Interrupt()
            let first, second = recv (), recv ()
            let mutable occurred = SockEvents.None
            pair.Sock.Wait(within, SockEvents.Recv, &occurred, token ()) |> ignore
            interrupt.Reset()
            pair.Peer.Write(ReadOnlySpan [| 1uy |]) |> ignore
            let third = recv ()

            [
                if
                    (first.Status, second.Status, third.Status)
                    <> (SockStatus.Interrupted, SockStatus.Interrupted, SockStatus.Ok)
                then
                    $"35 InterruptReuse: {first.Status}, {second.Status}, {third.Status}"
            ])

    let private handover =
        let tell (size: int) =
            $"a line and {size} bytes behind it, written at once"

        fixedCases [ 0; 1; 8; 600 ] tell (fun pair size ->
            let payload = Array.init size (fun i -> byte (i * 7))

            pair.Peer.Write(ReadOnlySpan(Array.append "STREAM STATUS RESULT=OK\n"B payload))
            |> ignore

            let within = TimeSpan.FromSeconds 5.0
            let line = Array.zeroCreate 2000

            let outcome =
                SockOperations.TryRecvUntilTerminator(pair.Sock, '\n'B, Span line, within)

            let next = Array.zeroCreate size
            let after = SockOperations.TryRecvComplete(pair.Sock, Span next, within)

            [
                if
                    outcome <> SockOutcome(SockStatus.Ok, 23, 0)
                    || not after.IsOk
                    || next <> payload
                then
                    $"36 Handover: {outcome}, then {after}"
            ])

    let private blockingHandle =
        let brief = TimeSpan.FromMilliseconds 30.0

        fixedCases [ "recv"; "send" ] (sprintf "%s in vain for 30 ms") (fun pair call ->
            let start = Stopwatch.GetTimestamp()

            let outcome =
                if call = "recv" then
                    SockOperations.TryRecvComplete(pair.Sock, Span(Array.zeroCreate 1), brief)
                else
                    SockOperations.TrySendComplete(
                        pair.Sock,
                        ReadOnlySpan(Array.zeroCreate 20_000_000),
                        brief
                    )

            let took = Stopwatch.GetElapsedTime start

            [
                if outcome.Status <> SockStatus.Timeout then
                    $"39 BlockingHandle: ends as {outcome}"
                elif
                    took < brief || took > brief + Sock.MaxWaitForIo + TimeSpan.FromSeconds 1.0
                then
                    $"39 BlockingHandle: took {ms took}"
            ])

    let private boundedSend =
        fixedCases
            [ 20_000_000 ]
            (sprintf "send %d bytes to a peer that does not read")
            (fun pair size ->
                let data = Array.init size (fun i -> byte (i >>> 3))
                let brief = TimeSpan.FromMilliseconds 30.0
                let outcome = SockOperations.TrySendComplete(pair.Sock, ReadOnlySpan data, brief)
                let got = Array.zeroCreate (outcome.Count + 1)
                let until = Stopwatch.GetTimestamp() + 5L * Stopwatch.Frequency

                let rec drain count =
                    match pair.Peer.Read(Span(got, count, got.Length - count)) with
                    | n when n > 0 && count + n < got.Length -> drain (count + n)
                    | n when n > 0 -> count + n
                    | _ when count < outcome.Count && Stopwatch.GetTimestamp() < until ->
                        drain count
                    | _ -> count

                let drained = drain 0

                [
                    if outcome.Status <> SockStatus.Timeout then
                        $"10 SendAccounting: ends as {outcome.Status}"
                    elif
                        drained <> outcome.Count || got[.. drained - 1] <> data[.. drained - 1]
                    then
                        $"10 SendAccounting: {outcome.Count} reported, {drained} drained"
                ])

    /// One law by several ways to look.
    let private both first second (backend: Backend) effort =
        let one = first backend effort

        if one.Smallest.IsSome then
            one
        else
            let other = second backend effort

            { other with
                Played = one.Played + other.Played
            }

    let private law number name needs play statement =
        {
            Number = number
            Name = name
            Statement = statement
            Needs = needs
            Play = play
        }

    let private required = Capabilities.None
    let private elsewhere why : Result<Backend -> Effort -> Finding, string> = Error why

    /// In the order of their numbers.
    let all =
        [
            law 1 "Fidelity" required (Ok(script 1)) "What is got is a prefix of what was sent."
            law 2 "PeekPurity" required (Ok(script 2)) "A peek changes nothing."
            law 3 "PeekStability" required (Ok(script 3)) "A recv agrees with the peek before it."
            law 4 "ShortCallsAreLegal" required (Ok shortCalls) "Short calls never change a result."
            law
                5
                "ZeroOverRead"
                required
                (Ok(operation 5))
                "Consumed is exactly up to the terminator."
            law
                6
                "NothingLost"
                required
                (Ok(operation 6))
                "What is handed back and what is left is what was sent."
            law
                7
                "Limit"
                required
                (Ok(operation 7))
                "A line fits if its terminator is within the limit."
            law
                8
                "SuccessWins"
                required
                (Ok(operation 8))
                "Complete is success, whatever the clock says."
            law 9 "NoTailWait" required (Ok(operation 9)) "No wait after the completing call."
            law
                10
                "SendAccounting"
                required
                (Ok(both (script 10) (operation 10)))
                "Sent is what the peer can drain."
            law
                11
                "EmptySend"
                required
                (Ok(operation 11))
                "Nothing to send is success without a call."
            law
                12
                "DeadlineUnderProgress"
                required
                (Ok(operation 12))
                "Progress does not hide the deadline."
            law
                13
                "InterruptBound"
                Capabilities.Wakeable
                (Ok interruptBound)
                "An interrupt ends a wait at once."
            law
                14
                "EarlyInterrupt"
                required
                (Ok(operation 14))
                "Interrupted before: one try, no wait."
            law
                15
                "TimeoutEdge"
                required
                (Ok timeoutEdge)
                "Zero, infinite, largest and negative timeouts."
            law
                16
                "SteadyTime"
                required
                (elsewhere "the wall clock is not the kit's to move; PaceTests do it")
                "The wall clock changes nothing."
            law
                17
                "WaitReport"
                required
                (Ok(script 17))
                "A wait reports what was requested and is there."
            law 18 "EofReadable" required (Ok(script 18)) "The end of the stream is readable."
            law 19 "HangupHidesNothing" required (Ok(script 19)) "All data is read before the end."
            law 20 "WaitNotEarly" required (Ok waitNotEarly) "A timeout is not reported early."
            law 21 "BadHandle" Capabilities.Descriptor (Ok badHandle) "A closed handle says so."
            law 22 "NoHotLoop" required (Ok(operation 22)) "Calls without progress are bounded."
            law
                23
                "OneClassifier"
                required
                (Ok(operation 23))
                "Four codes are tried again, all others end."
            law 24 "ErrorIdentity" required (Ok(operation 24)) "The code is the failing call's own."
            law
                25
                "OutcomeAlgebra"
                required
                (Ok(both (script 25) (operation 25)))
                "One precise outcome, one that is possible."
            law
                26
                "ProbeCoherence"
                required
                (Ok(script 26))
                "IsConnected says what the next recv will."
            law 27 "StickyEnd" required (Ok(script 27)) "The end stays the end."
            law
                28
                "OneClose"
                required
                (elsewhere "closes cannot be counted from outside; OwnershipTests do it")
                "Closed exactly once."
            law
                29
                "QuietClose"
                required
                (elsewhere "a close cannot be made to fail from outside; OwnershipTests do it")
                "A failing close is told to telemetry only."
            law
                30
                "HalfClose"
                Capabilities.HalfClose
                (Ok(script 30))
                "ShutdownSend ends our side only."
            law
                31
                "DirectionIndependence"
                required
                (Ok directionIndependence)
                "A timeout in one direction leaves the other alone."
            law
                32
                "WaitManyIsWaits"
                required
                (elsewhere "WaitMany is Sock's own; WaitManyTests do it")
                "WaitMany answers as single waits."
            law 33 "BytesAreBytes" required (Ok bytesAreBytes) "Any terminator, any content."
            law
                34
                "ChunkInvariance"
                required
                (Ok chunkInvariance)
                "Borders of chunks change nothing."
            law
                35
                "InterruptReuse"
                required
                (Ok interruptReuse)
                "After Reset operations work again."
            law 36 "Handover" required (Ok handover) "Another reader continues at the exact byte."
            law 37 "Determinism" required (Ok determinism) "Same schedule, same trace."
            law 38 "Refinement" required (Ok(script 38)) "Every trace is one of the model channel."
            law
                39
                "BlockingHandle"
                Capabilities.BlockingMode
                (Ok(both blockingHandle boundedSend))
                "Deadlines hold on a blocking handle."
        ]
