namespace BitcoinSock.Model

open System
open System.Diagnostics
open BitcoinSock

/// Plays a case on a pair of any backend, through the fault-injecting shim, on virtual time.
[<RequireQualifiedAccess>]
module PairPlay =

    let private patience = TimeSpan.FromSeconds 2.0

    /// Reads until so many bytes are there, the end comes, or nothing more does.
    let private readAll expected (read: byte[] -> int) =
        let start = Stopwatch.GetTimestamp()
        let buffer = Array.zeroCreate 4096

        let rec more (all: byte[]) =
            match read buffer with
            | count when count > 0 -> more (Array.append all buffer[.. count - 1])
            | 0 -> all
            | _ when all.Length < expected && Stopwatch.GetElapsedTime start < patience ->
                Peer.lookAgain start
                more all
            | _ -> all

        more [||]

    /// The far end, which writes these bytes as fast as there is room for them. What it has
    /// received is kept when it closes, which it does behind the last byte. That it has gone is
    /// known to the near end before it goes on: some learn of it a little later.
    type private Keeper(peer: IPeer, near: ISock, bytes: byte[]) =
        let settle () =
            let mutable occurred = SockEvents.None
            near.Wait(patience, SockEvents.Recv, &occurred) |> ignore

        let mutable written = 0
        let mutable ending: unit -> unit = ignore
        let mutable kept = [||]
        let read (buffer: byte[]) = peer.Read(Span buffer)

        let finish () =
            ending ()
            ending <- ignore

        let feed () =
            if written < bytes.Length then
                let count = Peer.write peer (ReadOnlySpan(bytes, written, bytes.Length - written))
                written <- written + count

                if count > 0 then
                    settle ()

                if written = bytes.Length then
                    finish ()

        let endBy act =
            ending <- act >> settle

            if written = bytes.Length then
                finish ()

        /// The near end, whose every call finds as many of the bytes as there is room for.
        member _.Near =
            { new ISockAsync with
                member _.Clock = near.Clock
                member _.Send(data, flags) = near.Send(data, flags)
                member _.ShutdownSend() = near.ShutdownSend()

                member _.Recv(buffer, flags) =
                    feed ()
                    near.Recv(buffer, flags)

                member _.Wait(timeout, requested, occurred, interrupt) =
                    feed ()
                    near.Wait(timeout, requested, &occurred, interrupt)

                member _.WaitAsync(timeout, requested, interrupt) =
                    feed ()
                    waitAsync near timeout requested interrupt
            }

        member _.Feed() = feed ()

        member _.Received expected =
            Array.append kept (readAll (expected - kept.Length) read)

        interface IPeer with
            member _.Write data = Peer.write peer data
            member _.Read buffer = peer.Read buffer
            member _.ShutdownSend() = endBy peer.ShutdownSend

            member _.Reset() =
                written <- bytes.Length
                peer.Reset()
                settle ()

            member _.Dispose() =
                kept <- readAll 0 read
                endBy peer.Dispose

    /// What a pair can be asked to play: its room is its own; what is accepted after the peer
    /// closes is lost by the transport's own rules; and only some can be reset, or half closed.
    let realisable (capabilities: Capabilities) case =
        let isPossible fault =
            match fault, case.Operation with
            | (Fault.PeerResets | Fault.PeerCloses), Operation.SendComplete _ -> false
            | Fault.PeerResets, _ -> capabilities.HasFlag Capabilities.Reset
            | _ -> true

        { case with
            Room = 100_000
            IsClosed = case.IsClosed && capabilities.HasFlag Capabilities.HalfClose
            Schedule =
                { case.Schedule with
                    Faults = List.filter isPossible case.Schedule.Faults
                }
        }

    /// Plays it; also what the shim found wrong with the backend.
    let play (loop: Loop) (pair: BackendPair) (case: Case) =
        let keeper = new Keeper(pair.Peer, pair.Sock, case.Arrived)
        keeper.Feed()

        if case.IsClosed then
            (keeper :> IPeer).ShutdownSend()

        let timed = VirtualTime keeper.Near
        let sock = FaultySock(timed, keeper, case.Schedule)
        let outcome, received = loop sock case.Operation case.Timeout sock.Interrupt
        let before = case.Before

        let findings = sock.Findings()
        let wasReset = sock.Steps |> List.exists (fun step -> step.Fault = Fault.PeerResets)

        let terminator =
            match case.Operation with
            | Operation.RecvUntilTerminator _ when outcome.IsOk -> 1
            | Operation.ReadFrame(terminator, _, _) when outcome.IsOk -> terminator.Length
            | _ -> 0

        let left =
            let expected =
                if wasReset then
                    0
                else
                    case.Arrived.Length - received.Length - terminator

            readAll expected (fun buffer -> keeper.Near.Recv(Span buffer, SockFlags.DontWait).Count)

        let pipe pending old = { old with Pending = pending }

        let expected =
            match case.Operation with
            | Operation.SendComplete _ -> outcome.Count
            | _ -> 0

        {
            Outcome = outcome
            Received = received
            Steps = sock.Steps
            After =
                { before with
                    Incoming = pipe left before.Incoming
                    Outgoing = pipe (keeper.Received expected) before.Outgoing
                    Now =
                        before.Now
                        + timed.Now
                        + Schedule.time (Schedule.ofFaults (sock.Steps |> List.map _.Fault))
                    IsInterrupted = sock.Interrupt.IsCancellationRequested
                }
        },
        findings
