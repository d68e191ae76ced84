using System.Buffers;
using System.Runtime.CompilerServices;

namespace BitcoinSock;

/// <summary>By which call <see cref="Sock.Wait"/> waits.</summary>
public enum WaitMechanism
{
    /// <summary>poll(2), WSAPoll on Windows: any descriptor.</summary>
    Poll,

    /// <summary>select(2): on POSIX only descriptors below FD_SETSIZE, which is 1024.</summary>
    Select,
}

/// <summary>One socket of <see cref="Sock.WaitMany"/>: Core's <c>Sock::Events</c>.</summary>
/// <param name="sock">The socket.</param>
/// <param name="requested">What to wait for.</param>
public struct SockWait(Sock sock, SockEvents requested)
{
    /// <summary>The socket.</summary>
    public Sock Sock { get; } = sock;

    /// <summary>What to wait for.</summary>
    public SockEvents Requested { get; } = requested;

    /// <summary>What is there; set anew by each wait.</summary>
    public SockEvents Occurred { get; internal set; }
}

public sealed partial class Sock
{
    private const int FewSockets = 16;

    private static readonly string? WantedMechanism = Environment.GetEnvironmentVariable(
        "BITCOINSOCK_WAIT"
    );

    /// <summary>
    /// By which call this socket is waited for. At first what the environment variable
    /// <c>BITCOINSOCK_WAIT</c> says, <c>poll</c> or <c>select</c>; if it says nothing, poll; if it
    /// says anything else, making a <c>Sock</c> throws.
    /// </summary>
    public WaitMechanism Mechanism { get; set; } = MechanismOf(WantedMechanism);

    /// <summary>
    /// Whether this socket can be waited for: not if it is empty, nor if its descriptor is too
    /// large for select(2) where that is the <see cref="Mechanism"/>. Core's <c>IsSelectable</c>.
    /// </summary>
    public bool IsSelectable() =>
        !IsEmpty && (Mechanism == WaitMechanism.Poll || Platform.Current.IsSelectable(Get()));

    /// <summary>
    /// Waits until one of the requested events is there. poll(2) or select(2), resumed with what is
    /// left of the time if a signal interrupts it. An interrupt wakes it at once, and so do
    /// <see cref="Dispose"/>, <see cref="Reset"/> and <see cref="Release"/>, as EBADF.
    /// </summary>
    /// <returns>
    /// A count of 1 if something occurred and 0 at the timeout; or the code of the error: EINTR if
    /// <paramref name="interrupt"/> fired first, EBADF for a bad descriptor, EINVAL for one that
    /// select(2) cannot hold.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <inheritdoc/>
    public SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt = default
    )
    {
        var self = new SockWait(this, requested);
        SockResult result = WaitMany(timeout, new Span<SockWait>(ref self), interrupt);
        occurred = self.Occurred;
        return result;
    }

    /// <summary>
    /// Waits until at least one of many sockets has one of its requested events. By poll(2), unless
    /// one of the sockets asks for select(2), and then for all of them.
    /// </summary>
    /// <param name="timeout">
    /// How long at most: zero looks and returns, <see cref="Timeout.InfiniteTimeSpan"/> waits for
    /// ever.
    /// </param>
    /// <param name="sockets">The sockets; what occurred is set in each.</param>
    /// <param name="interrupt">Ends the wait at once.</param>
    /// <returns>
    /// The number of sockets with events, 0 at the timeout; or the code of the error, as for
    /// <see cref="Wait"/>. A socket that is the cause of one has <see cref="SockEvents.Error"/>.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <exception cref="ArgumentException">There is a null among the sockets.</exception>
    public static SockResult WaitMany(
        TimeSpan timeout,
        Span<SockWait> sockets,
        CancellationToken interrupt = default
    )
    {
        var deadline = new Deadline(timeout, TimeProvider.System);
        var mechanism = WaitMechanism.Poll;
        foreach (SockWait socket in sockets)
        {
            if (socket.Sock is null)
            {
                throw new ArgumentException("There is a null among the sockets.", nameof(sockets));
            }

            mechanism =
                socket.Sock.Mechanism == WaitMechanism.Select ? WaitMechanism.Select : mechanism;
        }

        bool few = sockets.Length < FewSockets;
        PollEntry[]? rented = few ? null : ArrayPool<PollEntry>.Shared.Rent(sockets.Length + 1);
        Span<PollEntry> entries = rented is null ? stackalloc PollEntry[FewSockets] : rented;
        // Not in the caller's array, which another thread may be waiting with or writing to.
        SockHandle?[]? rentedHeld = few ? null : ArrayPool<SockHandle?>.Shared.Rent(sockets.Length);
        FewHandles fewHeld = default;
        Span<SockHandle?> held = rentedHeld is null ? fewHeld : rentedHeld;
        held = held[..sockets.Length];
        held.Clear();
        WakeUp? wakeUp = null;
        if (timeout != TimeSpan.Zero && !interrupt.IsCancellationRequested)
        {
            wakeUp = WakeUp.TryRent(mechanism);
        }

        try
        {
            using CancellationTokenRegistration waking = interrupt.UnsafeRegister(
                static wakeUp => ((WakeUp?)wakeUp)?.Signal(),
                wakeUp
            );
            SockResult result = HoldAll(sockets, held, entries, wakeUp);
            if (result.IsError)
            {
                return result;
            }

            return WaitHeld(mechanism, deadline, sockets, held, entries, wakeUp, interrupt);
        }
        finally
        {
            ReleaseAll(held, wakeUp);
            wakeUp?.Return();
            if (rented is not null)
            {
                ArrayPool<PollEntry>.Shared.Return(rented);
            }

            if (rentedHeld is not null)
            {
                ArrayPool<SockHandle?>.Shared.Return(rentedHeld, clearArray: true);
            }
        }
    }

    private static SockResult WaitHeld(
        WaitMechanism mechanism,
        Deadline deadline,
        Span<SockWait> sockets,
        ReadOnlySpan<SockHandle?> held,
        Span<PollEntry> entries,
        WakeUp? wakeUp,
        CancellationToken interrupt
    )
    {
        while (true)
        {
            CSocket bell = wakeUp?.Socket ?? CSocket.Invalid;
            entries[sockets.Length] = new PollEntry(bell, SockEvents.Recv);
            // In slices, so that not even a wake-up that got lost, or was not to be had, is for
            // ever.
            TimeSpan slice = interrupt.IsCancellationRequested ? TimeSpan.Zero : deadline.Slice;
            int sliceMs = Deadline.ToMilliseconds(slice);
            SockResult found = Platform.Current.Wait(
                mechanism,
                entries[..(sockets.Length + (bell.IsInvalid ? 0 : 1))],
                sliceMs
            );
            int ready = 0;
            bool gone = false;
            for (int i = 0; i < sockets.Length; i++)
            {
                ref SockWait socket = ref sockets[i];
                bool isGone = held[i]!.IsGone || socket.Sock.Handle != held[i]; // gone, or moved
                SockEvents occurred = isGone ? SockEvents.Error : entries[i].Occurred;
                socket.Occurred = occurred;
                ready += occurred == SockEvents.None ? 0 : 1;
                gone |= isGone;
            }

            if (gone)
            {
                return SockResult.Fail(NetworkError.BadHandle);
            }

            SockEvents rung = entries[sockets.Length].Occurred;
            bool isWoken = rung == SockEvents.Recv && wakeUp!.IsSignalled;
            if (rung != SockEvents.None && !isWoken)
            {
                // Not by one of us: somebody else has closed it. That ends no wait.
                wakeUp!.TryRenew(mechanism);
                continue;
            }

            // A signal came in between: not an end, just the next round.
            if (found.IsError && found.Error != NetworkError.Interrupted)
            {
                return found;
            }

            if (ready > 0)
            {
                return SockResult.Ok(ready);
            }

            if (interrupt.IsCancellationRequested)
            {
                return SockResult.Fail(NetworkError.Interrupted);
            }

            // No interrupt woke us, so a descriptor was moved, and back before we looked.
            if (isWoken)
            {
                return SockResult.Fail(NetworkError.BadHandle);
            }

            if (deadline.HasPassed)
            {
                return SockResult.Ok(0);
            }
        }
    }

    private static SockResult HoldAll(
        Span<SockWait> sockets,
        Span<SockHandle?> held,
        Span<PollEntry> entries,
        WakeUp? wakeUp
    )
    {
        SockResult result = SockResult.Ok(0);
        for (int i = 0; i < sockets.Length; i++)
        {
            ref SockWait socket = ref sockets[i];
            SockHandle? handle = socket.Sock.Handle;
            socket.Occurred = SockEvents.None;
            held[i] = handle is not null && handle.TryHold() ? handle : null;
            if (
                held[i] is not SockHandle taken
                || (wakeUp is not null && !taken.TryAddWaiting(wakeUp))
                || socket.Sock.Handle != taken // moved meanwhile
            )
            {
                socket.Occurred = SockEvents.Error;
                result = SockResult.Fail(NetworkError.BadHandle);
            }

            entries[i] = new PollEntry(handle?.Socket ?? CSocket.Invalid, socket.Requested);
        }

        return result;
    }

    private static void ReleaseAll(ReadOnlySpan<SockHandle?> held, WakeUp? wakeUp)
    {
        foreach (SockHandle? handle in held)
        {
            if (handle is not null)
            {
                if (wakeUp is not null)
                {
                    handle.RemoveWaiting(wakeUp);
                }

                handle.LetGo();
            }
        }
    }

    internal static WaitMechanism MechanismOf(string? wanted) =>
        wanted switch
        {
            null or "" or "poll" => WaitMechanism.Poll,
            "select" => WaitMechanism.Select,
            _ => throw new InvalidOperationException(
                $"The environment variable BITCOINSOCK_WAIT is '{wanted}'; "
                    + "it can be poll or select."
            ),
        };

    [InlineArray(FewSockets)]
    private struct FewHandles
    {
        private SockHandle? _first;
    }
}
