/// The conformance kit passes what is right.
module BitcoinSock.Properties.KitTests

open System
open System.Collections.Generic
open System.Threading.Tasks
open Expecto
open RingBackend
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property

/// Whether a backend promises what the law is about, and the kit can see whether it holds.
let private isPlayed (backend: Backend) (law: Law) =
    law.Play.IsOk
    && backend.Capabilities.HasFlag law.Needs
    && (backend.IsAsync || not law.IsOfAwaits)

/// Of this law a wake-up is measured, in milliseconds.
let isTimed (law: Law) = law.Number = 13

/// Of this one what the process allocates, for a second.
let isCounted (law: Law) = law.Number = 41

/// A list a law, of the backends that promise what it is about. The first test of a backend checks
/// it against all of them; they stand by law, so that several backends are under way.
let private keepingBy (begins: (unit -> Report) -> Lazy<Report>) (laws: Law list) =
    let check (backend: Backend) =
        backend,
        begins (fun () ->
            let titles = [| for law in laws -> law.Title |]
            let report = Conformance.Check(backend, CheckOptions(Laws = titles))
            print (string report)
            report)

    let keeps (law: Law) (backend: Backend, report: Lazy<Report>) =
        testCase backend.Name
        <| fun () ->
            let result = report.Value.Laws |> Seq.find (fun result -> result.Law = law.Title)
            Expect.equal result.Verdict LawVerdict.Passed (string report.Value)

    // Under Wine a call takes a hundred times as long: there sockcheck plays the laws, with fewer
    // cases (build/wine.sh).
    let checks = if Wine.isHere then [] else Backends.all |> List.map check

    [
        for law in laws ->
            checks
            |> List.filter (fun (backend, _) -> isPlayed backend law)
            |> List.map (keeps law)
            |> testList law.Title
    ]

/// Each when its first test runs.
let private keeping = keepingBy (fun check -> lazy check ())

/// All at once, when the first of their tests runs: most of the time they wait.
let private keepingAtOnce laws =
    let begun = List<unit -> unit>()

    let begin' =
        lazy
            (for each in begun do
                each ())

    laws
    |> keepingBy (fun check ->
        let running = TaskCompletionSource<Report>()

        let run () =
            Task.Factory.StartNew(
                (fun () ->
                    try
                        running.SetResult(check ())
                    with error ->
                        running.SetException error),
                TaskCreationOptions.LongRunning
            )
            |> ignore

        begun.Add run

        lazy
            (begin'.Force()
             running.Task.Result))

let private withLittleRoom (capacity: int) =
    testCase $"of {capacity} bytes"
    <| fun () ->
        let pair () =
            let struct (near, far) = RingSock.CreatePair capacity
            new BackendPair(near, new RingPeer(far))

        Backend("small", pair, Capabilities.HalfClose ||| Capabilities.BoundedSend)
        |> Conformance.Verify

let private shim =
    let pairWith bytes =
        let struct (near, far) = Sock.CreatePair()
        far.Send(ReadOnlySpan(bytes: byte[])) |> ignore
        near, far

    [
        testCase "tells of bytes that were shown, and are gone"
        <| fun () ->
            let near, far = pairWith "shown"B
            use near = near
            use _ = far
            let sock = FaultySock(near, Schedule.calm)
            (sock :> ISock).Recv(Span(Array.zeroCreate 5), SockFlags.Peek) |> ignore
            Expect.isEmpty (sock.Finish()) "what was shown is still there"
            near.Recv(Span(Array.zeroCreate 2)) |> ignore
            Expect.stringStarts (sock.Finish() |> List.exactlyOne) "6 NothingLost" "gone"

        testCase "without a peer closes none and resets none, and still tells what is gone"
        <| fun () ->
            let near, far = pairWith "shown"B
            use near = near
            use _ = far

            let schedule =
                { Schedule.Of(Fault.PeerCloses, Fault.PeerResets, Fault.WouldBlock) with
                    MustHappen = false
                }

            let sock = FaultySock(near, schedule)

            for _ in 1..3 do
                (sock :> ISock).Recv(Span(Array.zeroCreate 5), SockFlags.Peek) |> ignore

            let faults = sock.Steps |> List.map _.Fault
            Expect.equal faults [ Fault.None; Fault.None; Fault.WouldBlock ] "what happened"
            near.Recv(Span(Array.zeroCreate 2)) |> ignore
            Expect.stringStarts (sock.Finish() |> List.exactlyOne) "6 NothingLost" "gone"
    ]

let private waking, others = Laws.all |> List.partition isTimed
let private counted, rest = others |> List.partition isCounted

let tests =
    testList
        "kit"
        [
            testList "every backend of the library keeps" (keeping rest)

            testList
                "a channel with little room keeps every law"
                [ for capacity in [ 1000; 2047; 6000 ] -> withLittleRoom capacity ]

            testCase "a blocking handle with much room need not refuse a send"
            <| fun () ->
                let pair () =
                    let struct (near, far) = RingSock.CreatePair(32 * 1024 * 1024)
                    new BackendPair(near, new RingPeer(far))

                let backend = Backend("much room", pair, Capabilities.BlockingMode)
                let report = Conformance.Check(backend, CheckOptions(Laws = [| "39" |]))
                Expect.isTrue report.Passed (string report)

            testCase "on virtual time a wait for ever ends at once, or never could"
            <| fun () ->
                let sock = SimulatedSock(Channel.create "x"B 1000)
                let timed = VirtualTime sock
                let mutable occurred = SockEvents.None

                let waitForEver () =
                    let forEver = Threading.Timeout.InfiniteTimeSpan
                    (timed :> ISock).Wait(forEver, SockEvents.Recv, &occurred)

                for _ in 1..20 do
                    Expect.equal (waitForEver ()) (SockResult.Ok 1) "a byte is there"
                    Expect.equal occurred SockEvents.Recv "a byte is there"

                sock.Channel <- Channel.create [||] 1000

                Expect.throwsT<InvalidOperationException>
                    (waitForEver >> ignore)
                    "nothing will ever come"

                Expect.equal timed.Now TimeSpan.Zero "no time has passed"

            testList "the shim" shim
        ]

/// What is measured runs alone.
let timed =
    testList
        "alone"
        [
            testList "an interrupt wakes every backend of the library" (keeping waking)
            testList "an await of any backend of the library is free" (keepingAtOnce counted)
        ]
