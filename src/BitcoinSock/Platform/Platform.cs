using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>
/// What an operating system must supply: the socket calls, each made once and never retried, with
/// its error captured at the call. Here is the only switch between systems (but for a calling
/// convention in <see cref="LibC"/>); the rest of the library does not know on which it runs.
/// </summary>
/// <remarks>
/// To add a system: its numbers (as <see cref="PosixNumbers"/>), or its calls (as
/// <see cref="PosixPlatform"/> over <see cref="LibC"/>), and a line in the switch. A new system's
/// numbers are checked against its headers by the tests (NativeLayoutTests).
/// </remarks>
internal abstract class Platform
{
    /// <summary>Room for any address: sockaddr_storage.</summary>
    public const int AddressLengthMax = 128;

    public static readonly Platform Current =
        OperatingSystem.IsWindows() ? new WindowsPlatform()
        : OperatingSystem.IsLinux() || OperatingSystem.IsAndroid()
            ? new PosixPlatform(PosixNumbers.Linux)
        : OperatingSystem.IsMacOS() ? new PosixPlatform(PosixNumbers.Darwin)
        : throw new PlatformNotSupportedException("The numbers of this system are not known here.");

    /// <summary>The error of a call on something that is no socket.</summary>
    public abstract int BadHandle { get; }

    /// <summary>
    /// Whether connect(2), called once more, says by this error that the first one goes on.
    /// </summary>
    public abstract bool ConnectGoesOn(int error);

    /// <summary>
    /// Whether accept(2) says by this error that one connection is gone: the next may be there.
    /// </summary>
    public abstract bool AcceptGoesOn(CSocket socket, int error);

    /// <summary>Whether MSG_DONTWAIT exists; if not, handles are made non-blocking.</summary>
    public abstract bool HasDontWait { get; }

    /// <summary>What a pair is made of.</summary>
    public abstract AddressFamily PairFamily { get; }

    public abstract SockResult Open(
        AddressFamily addressFamily,
        SocketType type,
        ProtocolType protocol,
        out CSocket socket
    );

    public abstract SockResult Pair(out CSocket first, out CSocket second);

    public abstract SockResult Close(CSocket socket);

    /// <summary>
    /// Ends what the base library awaits of a socket that is taken over from it, where that does
    /// not end by itself.
    /// </summary>
    public virtual void EndAwaiting(CSocket socket) { }

    public abstract SockResult Bind(CSocket socket, ReadOnlySpan<byte> address);

    public abstract SockResult Listen(CSocket socket, int backlog);

    /// <summary>What is accepted is in blocking mode, whatever the listener's.</summary>
    public abstract SockResult Accept(
        CSocket socket,
        Span<byte> address,
        out int length,
        out CSocket accepted
    );

    public abstract SockResult Connect(CSocket socket, ReadOnlySpan<byte> address);

    public abstract SockResult GetSockName(CSocket socket, Span<byte> address, out int length);

    public abstract SockResult GetPeerName(CSocket socket, Span<byte> address, out int length);

    public abstract SockResult SetNonBlocking(CSocket socket, bool on);

    /// <summary>Translates a portable option to the system's numbers, if it has it.</summary>
    public abstract bool TryOption(
        SocketOptionLevel level,
        SocketOptionName name,
        out int nativeLevel,
        out int nativeName
    );

    /// <summary>Ok has the length of the value.</summary>
    public abstract SockResult GetSockOpt(CSocket socket, int level, int name, Span<byte> value);

    public abstract SockResult SetSockOpt(
        CSocket socket,
        int level,
        int name,
        ReadOnlySpan<byte> value
    );

    public abstract SockResult Send(CSocket socket, ReadOnlySpan<byte> data, SockFlags flags);

    public abstract SockResult Send(
        CSocket socket,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        SockFlags flags
    );

    public abstract SockResult Recv(CSocket socket, Span<byte> buffer, SockFlags flags);

    public abstract SockResult ShutdownSend(CSocket socket);

    /// <summary>A set of sockets that the system watches; null if it has no such thing.</summary>
    /// <exception cref="SockException">It has none left.</exception>
    public virtual EventQueue? CreateEventQueue() => null;

    /// <summary>
    /// What tells a socket from another one that got its number, for as long as it is open; -1 of
    /// what is no socket. Here it is family, port and IPv4 address: of a unix socket nothing much.
    /// </summary>
    public virtual long Identify(CSocket socket)
    {
        Span<byte> address = stackalloc byte[AddressLengthMax];
        address.Clear();
        SockResult named = GetSockName(socket, address, out _);
        return named.IsError ? -1 : BitConverter.ToInt64(address);
    }

    /// <summary>Whether select(2) can hold this descriptor.</summary>
    public abstract bool IsSelectable(CSocket socket);

    /// <summary>
    /// One poll(2). It sets what occurred in every entry; one that is no socket has Error, and
    /// makes the whole fail with <see cref="BadHandle"/>. Who waits for ever does so in slices.
    /// </summary>
    protected abstract SockResult Poll(Span<PollEntry> entries, int timeoutMs);

    /// <summary>
    /// One select(2), on descriptors it can hold; otherwise as <see cref="Poll"/>.
    /// </summary>
    protected abstract SockResult Select(Span<PollEntry> entries, int timeoutMs);

    protected static ArgumentOutOfRangeException IsNoFamily(AddressFamily addressFamily) =>
        new(
            nameof(addressFamily),
            addressFamily,
            "A socket is of the family InterNetwork, InterNetworkV6 or Unix."
        );

    /// <summary>One wait by the chosen call.</summary>
    public SockResult Wait(WaitMechanism mechanism, Span<PollEntry> entries, int timeoutMs)
    {
        foreach (ref PollEntry entry in entries)
        {
            entry.Occurred = SockEvents.None;
        }

        if (entries.IsEmpty)
        {
            // Winsock refuses to wait for nothing; and there is nothing that could wake it.
#pragma warning disable RS0030
            Thread.Sleep(timeoutMs);
#pragma warning restore RS0030
            return SockResult.Ok(0);
        }

        if (mechanism == WaitMechanism.Poll)
        {
            return Poll(entries, timeoutMs);
        }

        bool sees = true;
        foreach (ref PollEntry entry in entries)
        {
            if (!IsSelectable(entry.Socket))
            {
                return Refuse(entries);
            }

            sees &= (entry.Requested & SockEvents.Recv) != SockEvents.None;
        }

        // select(2) sees a hang-up as something to receive: who does not wait for that asks before.
        SockResult told = sees ? SockResult.Ok(0) : Poll(entries, 0);
        if (told != SockResult.Ok(0))
        {
            return told;
        }

        SockResult selected = Select(entries, timeoutMs);
        // select(2) does not say which descriptor is bad, poll(2) does.
        return selected.IsError && selected.Error == BadHandle ? Poll(entries, 0) : selected;
    }

    // An error, never a timeout; and never a write past the end of the set. poll(2) tells what is
    // no descriptor at all from what is only too large.
    private SockResult Refuse(Span<PollEntry> entries)
    {
        SockResult found = Poll(entries, 0);
        if (found.IsError && found.Error == BadHandle)
        {
            return found;
        }

        foreach (ref PollEntry entry in entries)
        {
            entry.Occurred = IsSelectable(entry.Socket) ? SockEvents.None : SockEvents.Error;
        }

        return SockResult.Fail(NetworkError.InvalidArgument);
    }
}

/// <summary>One socket of a wait, in no system's format.</summary>
internal struct PollEntry(CSocket socket, SockEvents requested)
{
    public readonly CSocket Socket = socket;
    public readonly SockEvents Requested = requested;
    public SockEvents Occurred;

    /// <summary>
    /// What the system reported, cut to what was requested; an error always counts.
    /// </summary>
    public void Report(bool recv, bool send, bool error) =>
        Occurred =
            (
                Requested
                & (
                    (recv ? SockEvents.Recv : SockEvents.None)
                    | (send ? SockEvents.Send : SockEvents.None)
                )
            ) | (error ? SockEvents.Error : SockEvents.None);
}
