namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Threading
open System.Threading.Tasks
open BitcoinSock

/// Whom an await costs what. Of a clock that stands still unless somebody waits
/// nothing is asked: there an await is over at once.
[<RequireQualifiedAccess>]
module internal Awaits =

    let private patience = TimeSpan.FromSeconds 10.0

    /// How long an await lasts that nobody ends: a backend that blocks shows it by that.
    let private most = TimeSpan.FromSeconds 5.0

    let onRealTime broken (pair: BackendPair) case =
        if Timing.isVirtual pair.Sock.Clock then
            []
        else
            broken pair case

    let beginAwait (sock: ISock) (interrupt: CancellationToken) =
        unbox<ISockAsync>(box sock).WaitAsync(most, SockEvents.Recv, interrupt)

    /// An await of this end, behind which code goes on that takes its time: until it is let go.
    type private Slow(pair: BackendPair, interrupt: CancellationToken) =
        let entered = new ManualResetEventSlim()
        let mayGo = new ManualResetEventSlim()
        let mutable thread = 0
        let mutable early = None
        let awaited = beginAwait pair.Sock interrupt

        do
            let awaiter = awaited.ConfigureAwait(false).GetAwaiter()

            let goOn () =
                thread <- Environment.CurrentManagedThreadId
                entered.Set()
                mayGo.Wait(patience + patience) |> ignore
                awaiter.GetResult() |> ignore

            if awaited.IsCompleted then
                early <- Some(awaiter.GetResult())
            else
                awaiter.UnsafeOnCompleted goOn

        /// What it ended with before it waited.
        member _.Early = early
        member _.Thread = thread
        member _.HasEntered() = entered.Wait patience
        member _.LetGo() = mayGo.Set()

    /// Who signals: an interrupt at once for both, the others one end after the other.
    type private Signal =
        | Interrupt
        | PeerWrites
        | Dispose

    let private tell signal =
        let who =
            match signal with
            | Interrupt -> "an interrupt ends both"
            | PeerWrites -> "their peers write"
            | Dispose -> "they are disposed"

        $"two awaits, behind which code goes on that takes its time, and {who}"

    let private law = "40 InlineFree"

    let inlineFree: Look =
        let broken (backend: Backend) (pair: BackendPair) signal =
            use other = backend.CreatePair()
            let interrupt = ThreadInterrupt()
            let pairs = [ pair; other ]
            let slow = pairs |> List.map (fun pair -> Slow(pair, interrupt.Token))

            let act () =
                match signal with
                | Interrupt -> interrupt.Interrupt()
                | PeerWrites ->
                    for each in pairs do
                        each.Arrive [| 1uy |]
                | Dispose ->
                    for each in pairs do
                        unbox<IDisposable>(box each.Sock).Dispose()

            let signaller =
                Task.Factory.StartNew(
                    (fun () ->
                        act ()
                        Environment.CurrentManagedThreadId),
                    TaskCreationOptions.LongRunning
                )

            let found what = [ $"{law}: {what}" ]

            try
                let early = slow |> List.tryPick _.Early

                if early.IsSome then
                    found $"WaitAsync comes back with {early.Value}: it blocks who calls it"
                elif not (Task.WaitAll([| signaller :> Task |], patience)) then
                    found "who signals does not go on while the code behind an await runs"
                elif slow |> List.exists (fun await -> not (await.HasEntered())) then
                    found "one await does not end while the code behind the other runs"
                elif slow |> List.exists (fun await -> await.Thread = signaller.Result) then
                    found "who signals runs the code behind an await"
                else
                    []
            finally
                for await in slow do
                    await.LetGo()

        fun backend ->
            let signals =
                [
                    Interrupt
                    PeerWrites
                    if backend.Capabilities.HasFlag Capabilities.Descriptor then
                        Dispose
                ]

            Playing.fixedCases signals tell (onRealTime (broken backend)) backend
