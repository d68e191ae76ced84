/// Awaits that are wrong on purpose, where the waits that block are right; and closes that lose
/// what was sent.
module BitcoinSock.Properties.WrongAwaits

open System
open System.Collections.Generic
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open BitcoinSock
open BitcoinSock.Model

let private awaited what law capabilities (bend: Sock -> BentAwait) =
    what, law, Bent.overPair what capabilities (fun sock -> bend sock)

/// As many milliseconds, or for ever.
let private delay (time: TimeSpan) (interrupt: CancellationToken) =
    Task.Delay(time, interrupt).ContinueWith(fun (_: Task) -> ())

let private ended (result: SockResult) = ValueTask<SockResult> result
let private later (result: Task<SockResult>) = ValueTask<SockResult> result

/// Looks every so often.
let private looks (slice: TimeSpan) (sock: Sock) timeout requested (interrupt: CancellationToken) =
    let start = sock.Clock.GetTimestamp()

    let rec look () =
        task {
            let! found = sock.WaitAsync(TimeSpan.Zero, requested, CancellationToken.None)
            let left = timeout - sock.Clock.GetElapsedTime start

            if found <> SockResult.Ok 0 then
                return found
            elif interrupt.IsCancellationRequested then
                return SockResult.Fail SocketError.Interrupted
            elif timeout <> Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero then
                return found
            else
                do! delay slice interrupt
                return! look ()
        }

    later (look ())

/// Its awaits end where they are signalled: what is awaited goes on there.
let private inlines (sock: Sock) timeout requested (interrupt: CancellationToken) =
    let source = TaskCompletionSource<SockResult>()
    let found = sock.WaitAsync(timeout, requested, interrupt).AsTask()

    let interrupted =
        interrupt.UnsafeRegister(
            (fun _ -> SockResult.Fail SocketError.Interrupted |> source.TrySetResult |> ignore),
            null
        )

    found.ContinueWith(
        (fun (found: Task<SockResult>) ->
            interrupted.Dispose()
            source.TrySetResult found.Result |> ignore),
        TaskContinuationOptions.ExecuteSynchronously
    )
    |> ignore

    later source.Task

/// Each await leaves something with the sock.
type private Hoarder(sock: Sock) =
    inherit BentAwait(sock)
    let kept = List<byte[]>()

    override _.WaitAsync(timeout, requested, interrupt) =
        lock kept (fun () -> kept.Add(Array.zeroCreate 200))
        base.WaitAsync(timeout, requested, interrupt)

let private serveOne =
    let inUse = HashSet<CancellationToken>()

    fun (sock: Sock) timeout requested (interrupt: CancellationToken) ->
        later (
            task {
                let isFirst = lock inUse (fun () -> inUse.Add interrupt)
                let heard = if isFirst then interrupt else CancellationToken.None
                let! found = sock.WaitAsync(timeout, requested, heard)

                if isFirst then
                    lock inUse (fun () -> inUse.Remove interrupt) |> ignore

                return found
            }
        )

let private by bend sock =
    { new BentAwait(sock) with
        override _.WaitAsync(timeout, requested, interrupt) = bend sock timeout requested interrupt
    }

/// What is wrong, the number of its law, and the backend.
let wrong: (string * int * Backend) list =
    let none = Capabilities.None

    [
        awaited "an await throws" 6 none (by (fun _ _ _ _ -> failwith "not awaited"))
        awaited
            "an await misses what comes while it lasts"
            17
            none
            (by (fun sock timeout requested interrupt ->
                later (
                    task {
                        let! first = sock.WaitAsync(TimeSpan.Zero, requested, interrupt)

                        if first <> SockResult.Ok 0 then
                            return first
                        else
                            do! delay timeout interrupt
                            return! sock.WaitAsync(TimeSpan.Zero, requested, interrupt)
                    }
                )))
        awaited
            "an await for ever looks once"
            15
            none
            (by (fun sock timeout requested interrupt ->
                if timeout = Timeout.InfiniteTimeSpan then
                    sock.WaitAsync(TimeSpan.Zero, requested, interrupt)
                else
                    sock.WaitAsync(timeout, requested, interrupt)))
        awaited
            "an await is rounded down"
            20
            none
            (by (fun sock timeout requested interrupt ->
                let isShort = timeout > TimeSpan.Zero && timeout.TotalMilliseconds < 3.0
                let time = if isShort then TimeSpan.Zero else timeout
                sock.WaitAsync(time, requested, interrupt)))
        awaited
            "an await in vain never ends"
            20
            none
            (by (fun sock timeout requested interrupt ->
                if timeout > TimeSpan.Zero then
                    sock.WaitAsync(Timeout.InfiniteTimeSpan, requested, interrupt)
                else
                    sock.WaitAsync(timeout, requested, interrupt)))
        awaited
            "an await ignores the interrupt"
            13
            none
            (by (fun sock timeout requested _ ->
                sock.WaitAsync(timeout, requested, CancellationToken.None)))
        awaited "an interrupt ends one await at a time" 35 Capabilities.Wakeable (by serveOne)
        awaited "an await ends where it is signalled" 40 none (by inlines)
        awaited
            "an await holds the thread that begins it"
            40
            none
            (by (fun sock timeout requested interrupt ->
                let mutable occurred = SockEvents.None
                ended (sock.Wait(timeout, requested, &occurred, interrupt))))
        awaited
            "an await looks round every 50 ms"
            41
            none
            (by (looks (TimeSpan.FromMilliseconds 50.0)))
        awaited "each await leaves something behind" 41 none (fun sock -> new Hoarder(sock))
        awaited "a close throws away what is on its way" 42 Capabilities.Descriptor (fun sock ->
            { new BentAwait(sock) with
                override _.Dispose() =
                    if not sock.IsEmpty then
                        SockPeer.ResetOnClose sock

                    sock.Dispose()
            })
        // So does the base library's socket, by itself.
        awaited "a close under an await disconnects" 42 Capabilities.Descriptor (fun sock ->
            let mutable underWay = 0

            { new BentAwait(sock) with
                override _.WaitAsync(timeout, requested, interrupt) =
                    later (
                        task {
                            underWay <- underWay + 1

                            try
                                return! sock.WaitAsync(timeout, requested, interrupt)
                            finally
                                underWay <- underWay - 1
                        }
                    )

                override _.Dispose() =
                    if underWay > 0 then
                        SockPeer.ResetOnClose sock

                    sock.Dispose()
            })
    ]
