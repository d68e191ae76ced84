namespace BitcoinSock.Model

open System
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open BitcoinSock

/// A backend on virtual time: nobody else is there who could end a wait in vain, so it only moves
/// the clock. So does a wait that says ready again and again while nothing moves: else a deadline
/// would never come.
type VirtualTime(sock: ISock) =
    let mutable now = TimeSpan.Zero
    let mutable idle = 0

    let moved (result: SockResult) =
        idle <- if result.Count > 0 then 0 else idle
        result

    let clock = VirtualClock(fun () -> now)

    let wait timeout requested (interrupt: CancellationToken) =
        let mutable occurred = SockEvents.None
        let found = sock.Wait(TimeSpan.Zero, requested, &occurred)
        let isEndless = timeout = Timeout.InfiniteTimeSpan

        if found.Count <> 0 && (isEndless || idle < 8) then
            idle <- idle + 1
            struct (found, occurred)
        elif interrupt.IsCancellationRequested then
            struct (SockResult.Fail SocketError.Interrupted, occurred)
        elif isEndless then
            invalidOp "A wait for ever, and nobody is left who could end it."
        else
            now <- now + timeout
            struct (found, occurred)

    member _.Now = now

    interface IConnectingSock with
        member _.Clock = clock
        member _.SetNonBlocking() = connecting sock _.SetNonBlocking()
        member _.Connect endPoint = connecting sock _.Connect(endPoint)
        member _.GetSockOpt(level, name, value) = getSockOpt sock level name &value
        member _.Send(data, flags) = moved (sock.Send(data, flags))
        member _.Recv(buffer, flags) = moved (sock.Recv(buffer, flags))

        member _.Wait(timeout, requested, occurred, interrupt) =
            let struct (result, found) = wait timeout requested interrupt
            occurred <- found
            result

        member _.WaitAsync(timeout, requested, interrupt) =
            let struct (result, _) = wait timeout requested interrupt
            ValueTask<SockResult> result
