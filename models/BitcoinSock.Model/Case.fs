namespace BitcoinSock.Model

open System
open System.Net
open FsCheck
open FsCheck.FSharp
open BitcoinSock

/// An operation on a channel, with what goes wrong.
type Case =
    {
        Operation: Operation
        Timeout: TimeSpan
        Arrived: byte[]
        IsClosed: bool
        Room: int
        Schedule: Schedule
    }

    member case.Before =
        let channel = Channel.create case.Arrived case.Room

        match case.Operation with
        | Operation.ConnectComplete(_, takes) -> { channel with Link = Link.Down takes }
        | _ when case.IsClosed -> Channel.peerShutsDown channel
        | _ -> channel

[<RequireQualifiedAccess>]
module Case =

    /// The library's own loops.
    let library: Loop =
        fun sock operation timeout interrupt -> Loops.blocking sock operation timeout interrupt

    /// Their awaited forms, played to their end; of a sock that is an ISockAsync.
    let awaited: Loop =
        fun sock operation timeout interrupt -> Loops.awaited sock operation timeout interrupt

    /// Plays a case on the simulated channel.
    let simulate (loop: Loop) (case: Case) =
        let sock = SimulatedSock(case.Before, case.Schedule)
        let outcome, received = loop sock case.Operation case.Timeout sock.Interrupt

        {
            Outcome = outcome
            Received = received
            After = sock.Channel
            Steps = sock.Steps
        }

    /// The laws it breaks.
    let judge (case: Case) observed =
        Spec.judge case.Operation case.Timeout case.Before observed

    /// What is asked, and of what channel, to be read aloud.
    let internal title (case: Case) =
        let room =
            match case.Operation with
            | Operation.SendComplete data when data.Length > case.Room -> $"; room for {case.Room}"
            | _ -> ""

        let closed = if case.IsClosed then ", then the end" else ""

        $"{case.Operation}, within {case.Timeout.TotalMilliseconds} ms; "
        + $"{Quote.bytes case.Arrived} has arrived{closed}{room}"

    /// The calls, a line each, and how it ended.
    let internal trace (steps: Step list) (ending: string) =
        let shown = steps |> List.truncate 20 |> List.map string
        let more = steps.Length - shown.Length

        shown
        @ [
            if more > 0 then
                $"and {more} more"
            ending
        ]
        |> List.map ((+) "  ")
        |> String.concat "\n"

    let internal ending (outcome: SockOutcome) =
        $"ends as {outcome.Status} with {outcome.Count}"

    /// The case and how it went.
    let tell case observed =
        $"{title case}\n{trace observed.Steps (ending observed.Outcome)}"

    // A small alphabet makes terminators frequent.
    let private letters = Gen.elements [ 'a'B; 'b'B; '\n'B ]

    let private bytes =
        Gen.frequency
            [
                6, Gen.choose (0, 12) |> Gen.bind (fun length -> Gen.arrayOfLength length letters)
                // Longer than the first windows, the terminator late or never.
                1,
                gen {
                    let! length = Gen.elements [ 511; 512; 2046; 2047; 2048; 2049; 6143; 6144 ]
                    let! rest = Gen.arrayOfLength 4 letters
                    return Array.append (Array.create length 'a'B) rest
                }
            ]

    let private around length =
        Gen.choose (max 0 (length - 2), length + 2)

    // Nobody is asked there: the simulated channel connects to anything.
    let private somewhere = IPEndPoint(IPAddress.Loopback, 9)

    let private gen =
        gen {
            let! arrived = bytes
            let! data = bytes
            let index = Array.IndexOf(arrived, '\n'B)

            let! limit =
                Gen.oneof
                    [ around (index + 1); around arrived.Length; Gen.elements [ 0; 1; 2048; 8000 ] ]

            let! count = around arrived.Length
            let! room = Gen.oneof [ around data.Length; Gen.constant 100_000 ]

            let! takes = Gen.elements [ 0.0; 50.0; 1200.0 ] |> Gen.map TimeSpan.FromMilliseconds

            let! ending = Gen.elements [ "\n"B; "ab"B; "aa"B ]
            let! window = Gen.elements [ ending.Length; 3; 4; 600 ]

            let! operation =
                Gen.frequency
                    [
                        3, Gen.constant (Operation.SendComplete data)
                        3, Gen.constant (Operation.RecvUntilTerminator('\n'B, limit))
                        3, Gen.constant (Operation.ReadFrame(ending, limit, window))
                        3, Gen.constant (Operation.RecvComplete count)
                        1, Gen.constant Operation.IsConnected
                        2, Gen.constant (Operation.ConnectComplete(somewhere, takes))
                    ]

            let! timeout = Gen.elements [ 0.0; 100.0; 1000.0; 2500.0 ]
            let! isClosed = Gen.frequency [ 3, Gen.constant false; 1, Gen.constant true ]
            let! schedule = Schedule.gen

            return
                {
                    Operation = operation
                    Timeout = TimeSpan.FromMilliseconds timeout
                    Arrived = arrived
                    IsClosed = isClosed
                    Room = room
                    Schedule = schedule
                }
        }

    let private shrinkBytes (bytes: byte[]) =
        seq {
            if bytes.Length > 3 then
                yield Array.truncate (bytes.Length / 2) bytes
                yield Array.skip (bytes.Length / 2) bytes

            for i in 0 .. min 12 bytes.Length - 1 do
                yield Array.removeAt i bytes
        }

    let shrink case =
        seq {
            for schedule in Schedule.shrink case.Schedule do
                yield { case with Schedule = schedule }

            for arrived in shrinkBytes case.Arrived do
                yield { case with Arrived = arrived }

            if case.IsClosed then
                yield { case with IsClosed = false }

            if case.Timeout > TimeSpan.Zero then
                yield { case with Timeout = TimeSpan.Zero }

                yield
                    { case with
                        Timeout = case.Timeout / 2.0
                    }

            match case.Operation with
            | Operation.SendComplete data ->
                for data in shrinkBytes data do
                    yield
                        { case with
                            Operation = Operation.SendComplete data
                        }
            | Operation.RecvUntilTerminator(terminator, limit) ->
                // The line and its limit together: one alone ends the case.
                let surplus = case.Arrived.Length - 8

                if surplus > 0 && limit > surplus then
                    yield
                        { case with
                            Arrived = Array.skip surplus case.Arrived
                            Operation = Operation.RecvUntilTerminator(terminator, limit - surplus)
                        }

                for smaller in [ limit / 2; limit - 1 ] do
                    if smaller >= 0 && smaller < limit then
                        yield
                            { case with
                                Operation = Operation.RecvUntilTerminator(terminator, smaller)
                            }
            | Operation.RecvComplete count ->
                for smaller in [ count / 2; count - 1 ] do
                    if smaller >= 0 && smaller < count then
                        yield
                            { case with
                                Operation = Operation.RecvComplete smaller
                            }
            | Operation.ReadFrame(terminator, limit, window) ->
                let frame terminator limit =
                    { case with
                        Operation = Operation.ReadFrame(terminator, limit, window)
                    }

                if terminator.Length > 1 then
                    yield frame terminator[..0] limit

                for smaller in [ limit / 2; limit - 1 ] do
                    if smaller >= 0 && smaller < limit then
                        yield frame terminator smaller
            | Operation.ConnectComplete(target, takes) when takes > TimeSpan.Zero ->
                yield
                    { case with
                        Operation = Operation.ConnectComplete(target, TimeSpan.Zero)
                    }
            | Operation.ConnectComplete _
            | Operation.IsConnected -> ()
        }

    /// Every operation.
    let arb = Arb.fromGenShrink (gen, shrink)

    /// The operations on a pair, which is connected.
    let onPair =
        Arb.fromGenShrink (Gen.where (fun case -> not (isConnect case.Operation)) gen, shrink)

    /// Connects only.
    let connecting =
        Arb.fromGenShrink (Gen.where (fun case -> isConnect case.Operation) gen, shrink)

    /// Random cases, the same in every run.
    let sample count =
        Gen.sampleWithSeed (Rnd 1UL) 30 count arb.Generator |> List.ofArray
