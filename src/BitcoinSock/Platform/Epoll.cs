using System.Runtime.InteropServices;

namespace BitcoinSock;

/// <summary>epoll(7) of Linux.</summary>
internal sealed unsafe partial class Epoll : EventQueue
{
    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    public const uint EPOLLIN = 0x1;
    public const uint EPOLLOUT = 0x4;
    public const uint EPOLLERR = 0x8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLONESHOT = 1u << 30;

    // struct epoll_event: 32 bits of events, then 64 of data; packed on x86-64 and nowhere else.
    public static readonly int DataOffset = RuntimeInformation.ProcessArchitecture
        is Architecture.X64
            or Architecture.X86
        ? 4
        : 8;
    public static readonly int EventSize = DataOffset + sizeof(ulong);

    private readonly SockHandle _handle;
    private byte[] _events = [];

    private Epoll(SockHandle handle) => _handle = handle;

    /// <exception cref="SockException">The system has none left.</exception>
    public static Epoll Create()
    {
        var owner = new SockHandle();
        var queue = new Epoll(owner);
        int fd = Create(EPOLL_CLOEXEC);
        Decode(fd).ThrowIfError("epoll_create1");
        owner.Take(new CSocket(fd));
        return queue;
    }

    public override SockResult Add(CSocket socket, SockEvents requested, ulong token) =>
        Control(EPOLL_CTL_ADD, socket, requested, token);

    public override SockResult Modify(CSocket socket, SockEvents requested, ulong token) =>
        Control(EPOLL_CTL_MOD, socket, requested, token);

    public override SockResult Remove(CSocket socket) =>
        Control(EPOLL_CTL_DEL, socket, SockEvents.None, 0);

    public override SockResult Arm(CSocket socket, SockEvents requested, ulong token)
    {
        SockResult armed = Control(EPOLL_CTL_MOD, socket, requested, token, EPOLLONESHOT);
        // It was closed and its number is another's now, or it is new.
        return armed.Error == LibC.ENOENT
            ? Control(EPOLL_CTL_ADD, socket, requested, token, EPOLLONESHOT)
            : armed;
    }

    public override SockResult Wait(Span<QueuedEvent> events, int timeoutMs)
    {
        if (_events.Length < events.Length * EventSize)
        {
            _events = new byte[events.Length * EventSize];
        }

        SockResult result;
        fixed (byte* first = _events)
        {
            result = Decode(Wait(Fd, first, events.Length, timeoutMs));
        }

        for (int i = 0; i < result.Count; i++)
        {
            ReadOnlySpan<byte> one = _events.AsSpan(i * EventSize, EventSize);
            uint got = MemoryMarshal.Read<uint>(one);
            // As poll(2) is read: see PosixPlatform.Wait.cs.
            const uint Ended = EPOLLERR | EPOLLHUP;
            SockEvents occurred =
                ((got & (EPOLLIN | Ended)) != 0 ? SockEvents.Recv : SockEvents.None)
                | ((got & (EPOLLOUT | EPOLLERR)) != 0 ? SockEvents.Send : SockEvents.None)
                | ((got & Ended) != 0 ? SockEvents.Error : SockEvents.None);
            events[i] = new QueuedEvent(MemoryMarshal.Read<ulong>(one[DataOffset..]), occurred);
        }

        return result;
    }

    public override bool IsGone(SockResult failed)
    {
        bool isGone = failed.Error == LibC.EBADF || failed.Error == NetworkError.InvalidArgument;
        if (isGone)
        {
            _handle.Release();
        }

        return isGone;
    }

    public override void Dispose() => _handle.Dispose();

    private int Fd => LibC.Fd(_handle.Socket);

    private SockResult Control(
        int operation,
        CSocket socket,
        SockEvents requested,
        ulong token,
        uint mode = 0
    )
    {
        byte* one = stackalloc byte[EventSize];
        var bytes = new Span<byte>(one, EventSize);
        uint wanted =
            ((requested & SockEvents.Recv) != SockEvents.None ? EPOLLIN : 0)
            | ((requested & SockEvents.Send) != SockEvents.None ? EPOLLOUT : 0)
            | mode;
        MemoryMarshal.Write(bytes, wanted);
        MemoryMarshal.Write(bytes[DataOffset..], token);
        return Decode(Control(Fd, operation, LibC.Fd(socket), one));
    }

    private static SockResult Decode(int returned) =>
        returned < 0 ? SockResult.Fail(Marshal.GetLastPInvokeError()) : SockResult.Ok(returned);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int fd, byte* one);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int epoll, byte* events, int count, int timeoutMs);
}
