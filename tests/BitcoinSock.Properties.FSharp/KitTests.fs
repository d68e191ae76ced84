/// The conformance kit passes what is right.
module BitcoinSock.Properties.KitTests

open System
open RingBackend
open Xunit
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property

let backends = TheoryData<string>(Backends.all |> List.map _.Name)

[<Theory>]
[<MemberData(nameof backends)>]
let ``every backend of the library keeps every law`` (name) =
    let backend = Backends.all |> List.find (fun backend -> backend.Name = name)
    let report = Conformance.Check backend

    print (string report)

    Assert.True(report.Passed, string report)

[<Theory>]
[<InlineData(1000)>]
[<InlineData(2047)>]
[<InlineData(6000)>]
let ``a channel with little room keeps every law`` (capacity: int) =
    let pair () =
        let struct (near, far) = RingSock.CreatePair capacity
        new BackendPair(near, new RingPeer(far))

    Backend("small", pair, Capabilities.HalfClose ||| Capabilities.BoundedSend)
    |> Conformance.Verify

[<Fact>]
let ``a blocking handle with much room need not refuse a send`` () =
    let pair () =
        let struct (near, far) = RingSock.CreatePair(32 * 1024 * 1024)
        new BackendPair(near, new RingPeer(far))

    let backend = Backend("much room", pair, Capabilities.BlockingMode)
    let report = Conformance.Check(backend, CheckOptions(Laws = [| "39" |]))
    Assert.True(report.Passed, string report)

[<Fact>]
let ``on virtual time a wait for ever ends at once, or never could`` () =
    let sock = SimulatedSock(Channel.create "x"B 1000)
    let timed = VirtualTime sock
    let forEver = Threading.Timeout.InfiniteTimeSpan
    let mutable occurred = SockEvents.None

    for _ in 1..20 do
        let result = (timed :> ISock).Wait(forEver, SockEvents.Recv, &occurred)
        Assert.Equal((SockResult.Ok 1, SockEvents.Recv), (result, occurred))

    sock.Channel <- Channel.create [||] 1000

    Assert.Throws<InvalidOperationException>(fun () ->
        let mutable occurred = SockEvents.None
        (timed :> ISock).Wait(forEver, SockEvents.Recv, &occurred) |> ignore)
    |> ignore

    Assert.Equal(TimeSpan.Zero, timed.Now)

[<Fact>]
let ``the shim tells of bytes that were shown, and are gone`` () =
    let struct (near, far) = Sock.CreatePair()
    use near = near
    use far = far
    let sock = FaultySock(near, Schedule.calm)
    far.Send(ReadOnlySpan "shown"B) |> ignore
    (sock :> ISock).Recv(Span(Array.zeroCreate 5), SockFlags.Peek) |> ignore
    Assert.Empty(sock.Finish())
    near.Recv(Span(Array.zeroCreate 2)) |> ignore
    Assert.StartsWith("6 NothingLost", sock.Finish() |> List.exactlyOne)

[<Fact>]
let ``without a peer none closes and none resets, and the shim still tells what is gone`` () =
    let struct (near, far) = Sock.CreatePair()
    use near = near
    use far = far
    let schedule = Schedule.Of(Fault.PeerCloses, Fault.PeerResets, Fault.WouldBlock)
    let sock = FaultySock(near, schedule)
    far.Send(ReadOnlySpan "shown"B) |> ignore

    for _ in 1..3 do
        (sock :> ISock).Recv(Span(Array.zeroCreate 5), SockFlags.Peek) |> ignore

    let faults = sock.Steps |> List.map _.Fault
    Assert.Equal<Fault list>([ Fault.None; Fault.None; Fault.WouldBlock ], faults)
    near.Recv(Span(Array.zeroCreate 2)) |> ignore
    Assert.StartsWith("6 NothingLost", sock.Finish() |> List.exactlyOne)
