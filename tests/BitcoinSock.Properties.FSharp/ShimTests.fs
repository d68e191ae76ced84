/// What a test's author sees of faults that did not happen, and what the kit costs a slow backend.
module BitcoinSock.Properties.ShimTests

open System
open Expecto
open RingBackend
open BitcoinSock
open BitcoinSock.Model

let private recv (sock: ISock) flags =
    sock.Recv(Span(Array.zeroCreate 5), flags) |> ignore

let private onPair (play: Sock -> unit) =
    let struct (near, far) = Sock.CreatePair()
    use near = near
    use far = far
    far.Send(ReadOnlySpan "bytes"B) |> ignore
    play near

let private toldAtTheEnd =
    testCase "tells at the end of faults that did not happen, each with its reason"
    <| fun () ->
        let schedule =
            Schedule.Of(
                Fault.SpuriousWake,
                Fault.WouldBlock,
                Fault.PeerCloses,
                Fault.PeerResets,
                Fault.None,
                Fault.Partial 1
            )

        let expected =
            [
                "call 1: 'wakes for nothing' did not happen, because it was a peek"
                "call 4: 'the peer resets' did not happen, because the peer had gone before"
                "call 6: 'moves at most 1' did not happen, because there were only 4 calls"
            ]

        let play (sock: ISock) =
            for _ in 1..4 do
                recv sock SockFlags.Peek

        onPair (fun near ->
            let struct (one, other) = Sock.CreatePair()
            use one = one
            let sock = FaultySock(near, new SockPeer(other), schedule)
            play sock
            Expect.equal (sock.Finish()) expected "of the shim")

        let sock = SimulatedSock(Channel.create "bytes"B 1000, schedule)
        play sock
        Expect.equal (sock.Finish()) expected "of the simulated sock"

let private nothingToTell =
    testCase "has nothing to tell of faults that all happened"
    <| fun () ->
        onPair (fun near ->
            let sock = FaultySock(near, Schedule.Of(Fault.ShortPeek 1, Fault.Partial 2))
            recv sock SockFlags.Peek
            recv sock SockFlags.None
            recv sock SockFlags.None
            Expect.isEmpty (sock.Finish()) "at the end")

let private randomClaimsNothing =
    testCase "takes no random schedule for a claim"
    <| fun () ->
        onPair (fun near ->
            let schedule =
                { Schedule.Of(Fault.SpuriousWake, Fault.PeerResets, Fault.WouldBlock) with
                    MustHappen = false
                }

            let sock = FaultySock(near, schedule)
            recv sock SockFlags.None
            Expect.isEmpty (sock.Finish()) "at the end"
            Expect.all (Schedule.shrink schedule) (_.MustHappen >> not) "nor what it shrinks to")

        Expect.all (FsCheck.FSharp.Gen.sample 50 Schedule.gen) (_.MustHappen >> not) "at random"

let private refused (fault: Fault) =
    testCase $"refuses without a far end that {fault}"
    <| fun () ->
        onPair (fun near ->
            let told = $"'{fault}' needs the far end: give the FaultySock an IPeer."

            Expect.throwsC
                (fun () -> FaultySock(near, Schedule.Of(Fault.None, fault)) |> ignore)
                (fun error ->
                    Expect.isTrue (error :? ArgumentException) (string error)
                    Expect.stringStarts error.Message told "the message"))

let tests =
    testList
        "the shim"
        [
            toldAtTheEnd
            nothingToTell
            randomClaimsNothing
            refused Fault.PeerCloses
            refused Fault.PeerResets
        ]

// A byte a call.

let private oneByte (inner: ISock) =
    let at (count: int) = min 1 count

    { new ISock with
        member _.Clock = inner.Clock

        member _.Send(data, flags) =
            inner.Send(data.Slice(0, at data.Length), flags)

        member _.Recv(buffer, flags) =
            inner.Recv(buffer.Slice(0, at buffer.Length), flags)

        member _.ShutdownSend() = inner.ShutdownSend()

        member _.Wait(timeout, requested, occurred, interrupt) =
            inner.Wait(timeout, requested, &occurred, interrupt)
    }

/// All that is allocated meanwhile counts.
let alone =
    testCase "a backend that moves a byte a call keeps the laws, at the cost of its bytes"
    <| fun () ->
        let create () =
            let struct (near, far) = RingSock.CreatePair(64 * 1024)
            new BackendPair(oneByte near, new RingPeer(far))

        let promised = Capabilities.HalfClose ||| Capabilities.BoundedSend
        let allocated = GC.GetTotalAllocatedBytes()
        let options = CheckOptions(Seed = Nullable 1UL, Laws = [| "1"; "3"; "10"; "17" |])
        let report = Conformance.Check(Backend("a byte", create, promised), options)
        Expect.isTrue report.Passed (string report)
        // A buffer of 100 kB for each of its calls was 20 GB.
        Expect.isLessThan (GC.GetTotalAllocatedBytes() - allocated) 1_000_000_000L "bytes"
