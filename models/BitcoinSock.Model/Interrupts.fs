namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Net.Sockets
open System.Threading
open BitcoinSock

/// Plays of a few cases each: what an interrupt ends, how soon, and how often.
[<RequireQualifiedAccess>]
module internal Interrupts =

    let private ms = Timing.ms

    let private patience = TimeSpan.FromSeconds 5.0

    /// How an interrupted receive ended, if it did, and after how long.
    let private interrupted form (pair: BackendPair) =
        let interrupt = ThreadInterrupt()
        use started = new ManualResetEventSlim()

        let blocked =
            Tasks.Task.Factory.StartNew(
                (fun () ->
                    started.Set()
                    let forEver = Timeout.InfiniteTimeSpan
                    let outcome = Loops.recvOne form pair.Sock forEver interrupt.Token
                    outcome.Status, Stopwatch.GetTimestamp()),
                Tasks.TaskCreationOptions.LongRunning
            )

        started.Wait()
        Thread.Sleep 2 // into the wait; a faster or slower one is measured as well
        let start = Stopwatch.GetTimestamp()
        interrupt.Interrupt()

        if Tasks.Task.WaitAll([| blocked :> Tasks.Task |], patience) then
            let status, finish = blocked.Result
            Some status, Stopwatch.GetElapsedTime(start, finish)
        else
            None, patience

    // The median of many: one measurement tells more of the machine than of the backend. So do all
    // while the machine is busy, therefore as many more as long as they take too long and there is
    // time. Who wakes up only after a slice has time for few.
    let private byInterrupt (form: Form) : Look =
        fun backend effort ->
            let bound, count =
                if not (backend.Capabilities.HasFlag Capabilities.Wakeable) then
                    Sock.MaxWaitForIo + TimeSpan.FromMilliseconds 100.0, 3
                // What was awaited goes on in a thread of the pool, which others use as well.
                elif form = Form.Awaited then
                    TimeSpan.FromMilliseconds 100.0, 21
                else
                    TimeSpan.FromMilliseconds 1.0, 21

            let rec look pair start =
                let looks = Seq.init count (fun _ -> interrupted form pair) |> Seq.cache
                let isAnother (status, _) = status <> Some SockStatus.Interrupted

                let median =
                    lazy (looks |> Seq.map snd |> List.ofSeq |> List.sort |> List.item (count / 2))

                if Seq.exists isAnother looks then
                    [ "13 InterruptBound: it does not end as interrupted" ]
                elif median.Value <= bound then
                    []
                elif Stopwatch.GetElapsedTime start < patience then
                    look pair start
                else
                    [ $"13 InterruptBound: it takes {ms median.Value}, more than {ms bound}" ]

            Playing.fixedCases
                [ () ]
                (fun () -> form.Title $"interrupt a receive that waits, {count} times")
                (fun pair () -> look pair (Stopwatch.GetTimestamp()))
                backend
                effort

    // Who awaits is told at once that there is nothing any more to await.
    let private byDisposal: Look =
        let late = Sock.MaxWaitForIo + TimeSpan.FromSeconds 1.0

        let look (pair: BackendPair) () =
            let within = TimeSpan.FromSeconds 8.0
            let sock = unbox<ISockAsync>(box pair.Sock)
            let buffer: byte[] = Array.zeroCreate 1
            let awaited = SockOperations.TryRecvCompleteAsync(sock, buffer.AsMemory(), within)
            let ended = awaited.AsTask()
            Thread.Sleep 2
            let start = Stopwatch.GetTimestamp()
            (unbox<IDisposable>(box pair.Sock)).Dispose()
            let outcome = Loops.inTime ended
            let took = Stopwatch.GetElapsedTime start

            [
                if outcome.Status <> SockStatus.Failed then
                    $"13 InterruptBound: disposed, it ends as {outcome}"
                elif took > late then
                    $"13 InterruptBound: disposed, it takes {ms took}"
            ]

        fun backend ->
            if backend.IsAsync then
                Playing.fixedCases
                    [ () ]
                    (fun () -> Form.Awaited.Title "dispose under a receive that waits")
                    look
                    backend
            else
                Playing.inTurn [] backend

    let bound: Look =
        Playing.inTurn
            [
                Playing.inBothForms byInterrupt
                Playing.ifPromised Capabilities.Descriptor byDisposal
            ]

    let private inTurn (form: Form) : Look =
        let tell () =
            form.Title "interrupted, reset, and again"

        Playing.fixedCases [ () ] tell (fun pair () ->
            let interrupt = ThreadInterrupt()
            let within = TimeSpan.FromSeconds 5.0

            let recv () =
                Loops.recvOne form pair.Sock within interrupt.Token

            interrupt.Interrupt()
            let first, second = recv (), recv ()
            Loops.wait form pair.Sock within SockEvents.Recv interrupt.Token |> ignore
            interrupt.Reset()
            pair.Arrive [| 1uy |]
            let third = recv ()

            [
                if
                    (first.Status, second.Status, third.Status)
                    <> (SockStatus.Interrupted, SockStatus.Interrupted, SockStatus.Ok)
                then
                    $"35 InterruptReuse: {first.Status}, {second.Status}, {third.Status}"
            ])

    // Both waits are under way. Who is not Wakeable need not hear of it there.
    let private atOnce (form: Form) : Look =
        fun (backend: Backend) ->
            Playing.fixedCases
                [ () ]
                (fun () -> form.Title "one interrupt for two waits that are under way")
                (fun pair () ->
                    use other = backend.CreatePair()
                    let interrupt = ThreadInterrupt()
                    let token = interrupt.Token
                    let within = TimeSpan.FromSeconds 5.0
                    use started = new CountdownEvent 2

                    let wait (pair: BackendPair) =
                        Tasks.Task.Factory.StartNew(
                            (fun () ->
                                started.Signal() |> ignore
                                Loops.wait form pair.Sock within SockEvents.Recv token |> fst),
                            Tasks.TaskCreationOptions.LongRunning
                        )

                    let waits = List.map wait [ pair; other ]
                    started.Wait()
                    Thread.Sleep 50
                    interrupt.Interrupt()
                    let results = waits |> List.map _.Result

                    [
                        if
                            results |> List.exists ((<>) (SockResult.Fail SocketError.Interrupted))
                        then
                            $"35 InterruptReuse: the waits return {results[0]} and {results[1]}"
                    ])
                backend
        |> Playing.ifPromised Capabilities.Wakeable

    let reuse: Look =
        Playing.inTurn [ Playing.inBothForms inTurn; Playing.inBothForms atOnce ]
