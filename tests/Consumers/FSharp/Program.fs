module Consumer.Program

open System
open System.Threading
open FsCheck
open FsCheck.FSharp
open BitcoinSock
open BitcoinSock.Model

/// A protocol: one line, within a second.
let greeting (sock: ISock) (interrupt: CancellationToken) =
    sock.TryRecvUntilTerminator(
        byte '\n',
        Span(Array.zeroCreate 100),
        TimeSpan.FromSeconds 1.0,
        interrupt
    )

/// Under any faults: its line and nothing of what follows, or an outcome that says why not.
let isExact schedule =
    let struct (near, far) = Sock.CreatePair()
    use near = near
    use far = far
    far.Send(ReadOnlySpan "HELLO\ndata"B) |> ignore
    let sock = FaultySock(near, schedule)
    let outcome = greeting sock sock.Interrupt
    let rest = Array.zeroCreate 10
    let left = near.Recv(Span rest).Count

    match outcome.Status with
    | SockStatus.Ok -> outcome.Count = 5 && rest[.. left - 1] = "data"B
    | SockStatus.Timeout
    | SockStatus.Interrupted -> outcome.Count + left = 10
    | _ -> true

[<EntryPoint>]
let main _ =
    Check.QuickThrowOnFailure(Prop.forAll Schedule.arb isExact)
    let report = Conformance.Check(Backends.simulated)
    printfn $"{report}"
    if report.Passed then 0 else 1
