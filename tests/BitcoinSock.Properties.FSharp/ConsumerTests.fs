/// The kit and the shim as a consumer uses them from F#: the examples of docs/laws.md.
module BitcoinSock.Properties.ConsumerTests

open System
open System.Threading
open Expecto
open FsCheck.FSharp
open RingBackend
open BitcoinSock
open BitcoinSock.Model

let ring =
    testCase "a ring keeps the laws"
    <| fun () ->
        let pair () =
            let struct (near, far) = RingSock.CreatePair(64 * 1024)
            new BackendPair(near, new RingPeer(far))

        Backend("ring", pair, Capabilities.HalfClose ||| Capabilities.BoundedSend)
        |> Conformance.Verify

module MyProtocol =
    let greeting (sock: ISock) (interrupt: CancellationToken) =
        sock.RecvUntilTerminator(byte '\n', TimeSpan.FromSeconds 1.0, interrupt, 100)

let getsItsLine schedule =
    let struct (near, far) = Sock.CreatePair()
    use near = near
    use far = far
    far.Send(ReadOnlySpan "HELLO REPLY RESULT=OK\n<data>"B) |> ignore
    let sock = FaultySock(near, schedule)

    try
        MyProtocol.greeting sock sock.Interrupt = "HELLO REPLY RESULT=OK"
    with
    | :? SockException
    | :? SockInterruptedException -> true

let greeting =
    testProperty "a greeting is got, or the reason why not"
    <| Prop.forAll Schedule.arb getsItsLine

let tests = testList "a consumer of the kit" [ ring; greeting ]
