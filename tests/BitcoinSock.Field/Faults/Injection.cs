using System.Globalization;

namespace BitcoinSock.Field.Faults;

/// <summary>A code that the tracer puts in the place of a call's result.</summary>
/// <param name="Name">As strace(1) spells it.</param>
/// <param name="Code">Linux's number.</param>
internal sealed record Errno(string Name, int Code)
{
    public static readonly Errno[] All =
    [
        new("EINTR", 4),
        new("EAGAIN", 11),
        new("ENOBUFS", 105),
        new("ECONNRESET", 104),
        new("EPIPE", 32),
        new("ENOMEM", 12),
    ];

    /// <summary>That no descriptor is left: for this process, or for any.</summary>
    public static readonly Errno[] Shortages = [new("EMFILE", 24), new("ENFILE", 23)];

    /// <summary>What accept(2) says of one connection, and asks to treat like EAGAIN.</summary>
    public static readonly Errno[] OfOneConnection =
    [
        new("ECONNABORTED", 103),
        new("ENETDOWN", 100),
        new("EPROTO", 71),
        new("ENOPROTOOPT", 92),
        new("EHOSTDOWN", 112),
        new("ENONET", 64),
        new("EHOSTUNREACH", 113),
        new("EOPNOTSUPP", 95),
        new("ENETUNREACH", 101),
    ];

    /// <summary>
    /// The one rule for operations, whatever the call: law 23 (these two, EWOULDBLOCK, which is one
    /// of them here, and EINPROGRESS are tried again, and every other code ends the operation) and
    /// law 24 (as that very code).
    /// </summary>
    public bool IsTriedAgain => Name is "EINTR" or "EAGAIN";

    /// <summary>
    /// The rule for a wait asked for by itself, which is a call: law 20 (it goes on after a signal)
    /// and law 24 (any other code is told as it is).
    /// </summary>
    public bool IsWaitedThrough => Name is "EINTR";
}

/// <summary>One thing done to a thread: at which of its calls which code.</summary>
/// <param name="Call">The system call, in strace's words.</param>
/// <param name="Errno">The code; the call itself is not made.</param>
/// <param name="When">
/// At the n-th call, <c>3</c>, or from that on at each so-manieth, <c>3+2</c>.
/// </param>
internal sealed record Injection(string Call, Errno Errno, string When)
{
    /// <summary>At which call the first one is.</summary>
    public int First => int.Parse(When.Split('+')[0], CultureInfo.InvariantCulture);

    public bool Repeats => When.Contains('+');

    /// <summary>Some C libraries or processors make another of two equal calls.</summary>
    public string Calls =>
        Call switch
        {
            "poll" => "?poll,ppoll",
            "select" => "?select,pselect6",
            "epoll_wait" => "?epoll_wait,epoll_pwait",
            _ => Call,
        };

    /// <summary>Arguments of strace(1).</summary>
    public IEnumerable<string> Arguments =>
        [
            "-e",
            $"trace={Calls},?epoll_wait,epoll_pwait",
            "-e",
            $"inject={Calls}:error={Errno.Name}:when={When}",
        ];
}

/// <summary>How one try ended.</summary>
/// <param name="Outcome">What the operation said, for the table.</param>
/// <param name="Wrong">What is wrong with that; null if nothing.</param>
/// <param name="Injected">How many calls were failed.</param>
internal sealed record Seen(string Outcome, string? Wrong, int Injected);
