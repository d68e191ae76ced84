/// A case, and how it is played: on the simulated channel and on real sockets.
module BitcoinSock.Properties.Play

open System
open System.Net.Sockets
open System.Threading
open FsCheck
open FsCheck.FSharp
open BitcoinSock
open BitcoinSock.Model

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

        if case.IsClosed then
            Channel.peerShutsDown channel
        else
            channel

/// An operation as a loop over a backend: the library's, or a wrong one.
type Loop = ISock -> Operation -> TimeSpan -> CancellationToken -> SockOutcome * byte[]

/// The library's own.
let library: Loop =
    fun sock operation timeout interrupt ->
        match operation with
        | Operation.SendComplete data ->
            SockOperations.TrySendComplete(sock, ReadOnlySpan data, timeout, interrupt), [||]
        | Operation.RecvComplete count ->
            let buffer = Array.zeroCreate count
            let outcome = SockOperations.TryRecvComplete(sock, Span buffer, timeout, interrupt)
            outcome, Array.truncate outcome.Count buffer
        | Operation.RecvUntilTerminator(terminator, limit) ->
            let buffer = Array.zeroCreate limit

            let outcome =
                SockOperations.TryRecvUntilTerminator(
                    sock,
                    terminator,
                    Span buffer,
                    timeout,
                    interrupt
                )

            outcome, Array.truncate outcome.Count buffer

/// Plays a case on the simulated channel.
let simulated (loop: Loop) (case: Case) =
    let sock = SimulatedSock(case.Before, case.Schedule)
    let outcome, received = loop sock case.Operation case.Timeout sock.Interrupt

    {
        Outcome = outcome
        Received = received
        After = sock.Channel
        Steps = sock.Steps
    }

/// What it breaks there.
let brokenBy loop case =
    Spec.judge case.Operation case.Timeout case.Before (simulated loop case)

/// The case and its trace, to be read aloud.
let tell loop case =
    let observed = simulated loop case

    let text (bytes: byte[]) =
        Text.Encoding.Latin1.GetString(bytes).Replace("\n", "\\n")

    let closed = if case.IsClosed then ", then the end" else ""
    let shown = observed.Steps |> List.truncate 20 |> List.map string
    let more = observed.Steps.Length - shown.Length

    let steps =
        shown
        @ [
            if more > 0 then
                $"and {more} more"
        ]
        |> String.concat "\n  "

    $"{case.Operation} within {case.Timeout.TotalMilliseconds} ms; "
    + $"arrived \"{text case.Arrived}\"{closed}, room for {case.Room}\n  {steps}\n  "
    + $"ends as {observed.Outcome.Status} with {observed.Outcome.Count}"

// A small alphabet makes terminators frequent.
let private letters = Gen.elements [ 'a'B; 'b'B; '\n'B ]

let private bytes =
    Gen.frequency
        [
            6, Gen.choose (0, 12) |> Gen.bind (fun length -> Gen.arrayOfLength length letters)
            // Longer than the first windows, the terminator late or never.
            1,
            gen {
                let! length = Gen.elements [ 510; 511; 512; 513; 1023; 1024; 1536; 1537 ]
                let! rest = Gen.arrayOfLength 4 letters
                return Array.append (Array.create length 'a'B) rest
            }
        ]

let private around length =
    Gen.choose (max 0 (length - 2), length + 2)

let private genCase =
    gen {
        let! arrived = bytes
        let! data = bytes
        let index = Array.IndexOf(arrived, '\n'B)

        let! limit =
            Gen.oneof
                [ around (index + 1); around arrived.Length; Gen.elements [ 0; 1; 512; 2000 ] ]

        let! count = around arrived.Length
        let! room = Gen.oneof [ around data.Length; Gen.constant 100_000 ]

        let! operation =
            Gen.elements
                [
                    Operation.SendComplete data
                    Operation.RecvUntilTerminator('\n'B, limit)
                    Operation.RecvComplete count
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

let private shrinkCase case =
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
    }

let arb = Arb.fromGenShrink (genCase, shrinkCase)

/// Random cases, the same in every run.
let sample count =
    Gen.sampleWithSeed (Rnd 1UL) 30 count genCase |> List.ofArray

/// A real socket on virtual time: nobody else is there who could end a wait in vain, so it only
/// moves the clock.
type VirtualTime(sock: Sock) =
    let mutable now = TimeSpan.Zero

    let clock =
        { new TimeProvider() with
            override _.TimestampFrequency = TimeSpan.TicksPerSecond
            override _.GetTimestamp() = now.Ticks
        }

    member _.Now = now

    interface ISock with
        member _.Clock = clock
        member _.Send(data, flags) = sock.Send(data, flags)
        member _.Recv(buffer, flags) = sock.Recv(buffer, flags)

        member _.Wait(timeout, requested, occurred, interrupt) =
            let found = sock.Wait(TimeSpan.Zero, requested, &occurred)

            if found.Count <> 0 then
                found
            elif interrupt.IsCancellationRequested then
                SockResult.Fail SocketError.Interrupted
            else
                now <- now + timeout
                found

/// Everything that can be read now, and how it ends.
let private drain (sock: Sock) =
    let buffer = Array.zeroCreate 4096

    let rec more pending =
        let got = sock.Recv(Span buffer, SockFlags.DontWait)

        if got.Count > 0 then
            more (Array.append pending buffer[.. got.Count - 1])
        else
            pending

    more [||]

/// The far end of a real pair. What it has received is kept when it closes.
type RealPeer(far: Sock) =
    let mutable received = [||]
    member _.Received = Array.append received (drain far)

    interface IPeer with
        member _.Write data =
            max 0 (far.Send(data, SockFlags.DontWait).Count)

        member _.Read buffer =
            let got = far.Recv(buffer, SockFlags.DontWait)
            if got.IsError then -1 else got.Count

        member _.ShutdownSend() = far.ShutdownSend() |> ignore
        member _.Reset() = invalidOp "a unix pair cannot be reset"

        member _.Dispose() =
            received <- Array.append received (drain far)
            far.Dispose()

/// Plays a case on a real pair, through the fault-injecting shim.
let real family mechanism (loop: Loop) case =
    let struct (near, far) = Sock.CreatePair(family: AddressFamily)
    use near = near
    use far = far
    near.Mechanism <- mechanism
    far.Send(ReadOnlySpan case.Arrived) |> ignore

    if case.IsClosed then
        far.ShutdownSend() |> ignore

    let peer = new RealPeer(far)
    let timed = VirtualTime near
    let sock = FaultySock(timed, peer, case.Schedule)
    let outcome, received = loop sock case.Operation case.Timeout sock.Interrupt
    let before = case.Before
    let pipe pending old = { old with Pending = pending }

    let after =
        { before with
            Incoming = pipe (drain near) before.Incoming
            Outgoing = pipe peer.Received before.Outgoing
            Now =
                before.Now
                + timed.Now
                + Schedule.time
                    {
                        Faults = sock.Steps |> List.map _.Fault
                    }
            IsInterrupted = sock.Interrupt.IsCancellationRequested
        }

    {
        Outcome = outcome
        Received = received
        After = after
        Steps = sock.Steps
    },
    sock.Findings

/// What a real pair can be asked to play: it has room for all, cannot be reset at will, and what TCP
/// accepts after the peer closed is lost by its own rules.
let realisable family case =
    let isPossible fault =
        match fault, case.Operation with
        | Fault.PeerResets, _ -> false
        | Fault.PeerCloses, Operation.SendComplete _ -> family = AddressFamily.Unix
        | _ -> true

    { case with
        Room = 100_000
        Schedule = Schedule.ofFaults (List.filter isPossible case.Schedule.Faults)
    }
