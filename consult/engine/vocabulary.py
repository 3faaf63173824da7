"""The words that WordprocessingML, DrawingML and VML themselves use as values, e.g. "both", "dashDot", "roundRect".

They are those of the enumerations of ECMA-376 Parts 1 and 4, cut into single words, and of CSS as VML uses it. A value
made of them, of numbers and of colours says how something looks; anything else may say something about somebody.
"""

TEXT = """
above abs absolute accent accentbordercallout accentcallout actionbuttonbackprevious actionbuttonbeginning
actionbuttonblank actionbuttondocument actionbuttonend actionbuttonforwardnext actionbuttonhelp actionbuttonhome
actionbuttoninformation actionbuttonmovie actionbuttonreturn actionbuttonsound activeborder activecaption
addressbook adj administrators aft after aiueo aiueofullwidth aliceblue align alignoff aligntx all allatonce
alllines allpages allpts alongpath alphalcparenboth alphalcparenr alphalcperiod alphaucparenboth alphaucparenr
alphaucperiod always anchor ancst ancstorself angle animlvl animone antiquewhite antsblack antsred any apples
appworkspace aqua aquamarine arabic arabicabjad arabicalpha arabicdbperiod arabicdbplain arabicparenboth
arabicparenr arabicperiod arabicplain arc archedscallops area around arr arrow artdeco asst atan atleast atmost auto
autoexp autofit autotext autotxrot autotxt autozero azure babypacifier babyrattle back background backwardcompatible
bahttext bal balanced balloons balloonshotair band bar base basedon baseline basicblackdashes basicblackdots
basicblacksquares basicthinlines basicwhitedashes basicwhitedots basicwhitesquares basicwideinline basicwidemidline
basicwideoutline bats bbplchdr bctr bctrch bctrdes bef before beg begin begmarg begpad begpts begsty beige below
bend benddist bendpt beneathtext bentarrow bentconnector bentuparrow bestfit between bevel bib bidi billions birds
birdsflight bisque bkpt bkptfixedval black blackgray blacktextandlines blackwhite blanchedalmond blinkbackground
block blockarc blue blueviolet bmarg boff bold bordercallout bot both bothsides bottom bottommargin boundingcube box
bracepair bracketpair branch brightroom brown btlr btnface btnhighlight btnshadow btntext bulenabled bullet bullseye
burlywood buttonface buttontext cabins cadetblue cakeslice calculated callout can candycorn canvas captiontext
cardinaltext catalog category categoryel ccw celticknotwork center centered centergroup certificatebanner chainlink
chalign champagnebottle char character chartplus chartreuse chartstar chartx chdir checkedbarblack checkedbarcolor
checkered chevron chicago chilly chinesecounting chinesecountingthousand chineselegalsimplified chmax chocolate
chord chosung chpref christmastree chsperiod chsplain chtperiod chtplain circle circlenumdbplain
circlenumwdblackplain circlenumwdwhiteplain circleslines circlesrectangles circulararrow classic classicalwave clean
clear clip clocks cloud cloudcallout clr clustered cnt col colon color colors cols column comma comments compass
composite compresspunctuation compresspunctuationandjapanesekana cone conetomax confetti confettigrays
confettioutline confettistreamers confettiwhite conn conndist connector connrout connsite cont contdir content
contentlocked continuationnotice continuationseparator continue continuous contrasting contributors convex coolslant
copy coral corner cornertabs cornertriangles cornflowerblue cornsilk cos cosatan couponcutoutdashes couponcutoutdots
coverpg crazymaze creaturesbutterfly creaturesfish creaturesinsects creaturesladybug crimson cross crossstitch ctr
ctrshpmap ctrx ctrxoff ctry ctryoff cube cup curly current currentdate currenttime curve curved curvedconnector
curveddownarrow curvedleftarrow curvedrightarrow curveduparrow cust custautotxt custbib custcoverpg custeq custftrs
custhdrs custom custpgnum custpgnumb custpgnummargins custpgnumt custquickparts custtblofcontents custtbls
custtxtbox custwatermarks cyan cycle cylinder dark darkblue darkcyan darken darkenless darkgoldenrod darkgray
darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen
darkslateblue darkslategray darkslategrey darkturquoise darkviolet darkyellow dash dashdndiag dashdot dashdotdot
dashdotdotheavy dashdotheavy dashdotstroked dashed dashedheavy dashedsmall dashheavy dashhorz dashlong dashlongheavy
dashsmallgap dashupdiag dashvert database date datetime days dbcolumn dbl dblstrike ddkshadow dec decagon decimal
decimalenclosedcircle decimalenclosedcirclechinese decimalenclosedfullstop decimalenclosedparen decimalfullwidth
decimalhalfwidth decimalzero decoarch decoarchcolor decoblocks decorative deeppink deepskyblue def default depth des
desorself diagbrick diagcross diagrect diagstripe diam diamond diamondsgray dim dimgray dimgrey dir dirty dist
distance distribute distributeletter distributespace divot dkblue dkcyan dkdndiag dkedge dkgoldenrod dkgray dkgreen
dkgrey dkhorz dkkhaki dkmagenta dkolivegreen dkorange dkorchid dkred dksalmon dkseagreen dkslateblue dkslategray
dkslategrey dkturquoise dkupdiag dkvert dkviolet dlight dndiag doc docend docparts document dodecagon dodgerblue
dollartext donotcompress donut dot dotdash dotdashheavy dotdmnd dotdotdash dotdotdashheavy dotgrid dotted
dottedheavy double doubled doublediamonds doublewave downarrow downarrowcallout drop dstnode dxa eachpage eachsect
earth eastasia eavert eclipsingsquares edge edit editors eggsblack elbow ellipse ellipseribbon ellipsis email embed
emboss emdash emuheight emuwidth end endash endcnv endmarg endpad endpts endsty envelopes equ even evenpage everyone
exact exp factor fallback false family fans fax fill filled film firebrick firecrackers first firstandlastline
firstcol firstlineonly firstpage firstrow fit fixed fixedval flat flip flood floralwhite flow
flowchartalternateprocess flowchartcollate flowchartconnector flowchartdecision flowchartdelay flowchartdisplay
flowchartdocument flowchartextract flowchartinputoutput flowchartinternalstorage flowchartmagneticdisk
flowchartmagneticdrum flowchartmagnetictape flowchartmanualinput flowchartmanualoperation flowchartmerge
flowchartmultidocument flowchartofflinestorage flowchartoffpageconnector flowchartonlinestorage flowchartor
flowchartpredefinedprocess flowchartpreparation flowchartprocess flowchartpunchedcard flowchartpunchedtape
flowchartsort flowchartsummingjunction flowchartterminator flowdir flowersblockprint flowersdaisies flowersmodern
flowerspansy flowersredrose flowersroses flowersteacup flowerstiny fnode foldedcorner folhlink follow
followedhyperlink followsib font foreground forestgreen formfld formletters forms fraktur frame freezing fromb froml
fromr fromt front ftrs fuchsia fullpage funnel gainsboro ganada gap gear gems general ghostwhite gingerbreadman glow
gold goldenrod gradient gradientactivecaption gradientcenter gradientinactivecaption gradientradial gradientunscaled
gramend gramstart grav gray grayoutline grayscale graytext graywhite grdir green greenyellow gregorian
gregorianarabic gregorianmefrench gregorianus gregorianxlitenglish gregorianxlitfrench grey gridlegend gte hairline
halfframe handmade hang hardedge harh harsh has hash haslimo hdrs heart heartballoon heartgray hearts heavy hebrew
heebiejeebies height heptagon hex hexagon hidden hide hieralign hierbranch hierchild hierroot high highcontrast
highkashida highlight highlighttext hijri hindialpha hindialphaperiod hindiconsonants hindicounting hindinumbers
hindinumparenr hindinumperiod hindivowels hlink hoff holly homeplate honeydew horizontal horizontalscroll horz
horzalign horzbrick horzcross horzstripe hotlight hotpink hours housefunky hqprint htmlinset htmloutset
hundredmillions hundreds hundredthousands hybridmultilevel hyperlink hyphen hypnotic icecreamcones icon
ideographdigital ideographenclosedcircle ideographlegaltraditional ideographtraditional ideographzodiac
ideographzodiactraditional ignore inactiveborder inactivecaption inactivecaptiontext inbase indent index indianred
indigo inend infobackground infobk infotext inherit init inline inner insert inset inside insidemargin inversegray
invgray iroha irohafullwidth irregularseal isometricbottomdown isometricbottomup isometricleftdown isometricleftup
isometricoffaxis isometricrightdown isometricrightup isometrictopdown isometrictopup italic ivory japan
japanesecounting japanesedigitaltenthousand japaneselegal jpnchsdbperiod jpnkorperiod jpnkorplain just justify
justlow kern khaki korea koreancounting koreandigital koreanlegal landscape largest lastcol lastlineonly lastrow
lavender lavenderblush lawngreen layout lctrch lctrdes left leftarrow leftarrowcallout leftbrace leftbracket
leftcirculararrow leftmargin leftrightarrow leftrightarrowcallout leftrightcirculararrow leftrightribbon
leftrightuparrow leftuparrow legacy legacyflat legacyharsh legacymatte legacymetal legacynormal legacyobliquebottom
legacyobliquebottomleft legacyobliquebottomright legacyobliquefront legacyobliqueleft legacyobliqueright
legacyobliquetop legacyobliquetopleft legacyobliquetopright legacyperspectivebottom legacyperspectivebottomleft
legacyperspectivebottomright legacyperspectivefront legacyperspectiveleft legacyperspectiveright
legacyperspectivetop legacyperspectivetopleft legacyperspectivetopright legacyplastic legacywireframe lemonchiffon
lgcheck lgconfetti lgdash lgdashdot lgdashdotdot lggrid light lightblue lightbulb lightcoral lightcyan lighten
lightenless lightgoldenrodyellow lightgray lightgrayscale lightgreen lightgrey lightning lightningbolt lightpink
lights lightsalmon lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue lightyellow lime
limegreen lin lindir line linear linedrawn lineinv linemarker linen lines linesandchars link lmarg lnspafchp
lnspafparp lnspch lnsppar loff log long longcurve low lowerletter lowerroman lowkashida lrtb lrtbv lrv ltblue
ltcoral ltcyan ltdndiag lte ltgoldenrodyellow ltgray ltgreen ltgrey lthorz ltpink ltr ltsalmon ltseagreen ltskyblue
ltslategray ltslategrey ltsteelblue ltupdiag ltvert ltyellow lvl lvlatonce lvlone magenta mailinglabels major
majorascii majorbidi majoreastasia majorhansi mapleleaf maplemuffins mappins margin marker maroon marquee
marqueetoothed master masterpages match mathdivide mathequal mathminus mathmultiply mathnotequal mathplus matte max
maxdepth maxmin med medaquamarine medblue medium mediumaquamarine mediumblue mediumkashida mediumorchid mediumpurple
mediumseagreen mediumslateblue mediumspringgreen mediumturquoise mediumvioletred medorchid medpurple medseagreen
medslateblue medspringgreen medturquoise medvioletred menu menubar menuhighlight menutext metal mid midcat middle
middledot midl midnightblue midr millions min minmax minor minorascii minorbidi minoreastasia minorhansi mintcream
minus minutes mistyrose miter moccasin mod mode modern mongolianvert monospace month months moon moons morning
mosaic movingavg mso mult multilevel musicnotes name narhorz narrow narvert native navajowhite navy necell neq never
newdocument newpage newsection next nextcolumn nextpage nextto nil noarr nobar node nodehorzalign nodevertalign
nonasst noncharacter none nonisoscelestrapezoid nonnorm norm normal northwest nosmoking nostrike notbeside
notchedrightarrow notfirstpage nothing null num number numberindash numbering numtab nwcell obliquebottom
obliquebottomleft obliquebottomright obliqueleft obliqueright obliquetop obliquetopleft obliquetopright octagon
oddpage off oldlace olive olivedrab oncall one open opendmnd orange orangered orchid ordinal ordinaltext orgchart
orthographicfront out outend outer outline outset outside outsidemargin oval ovals over overflow overlap owners
packages padding page pagebottom palegoldenrod palegreen paleturquoise palevioletred palmsblack palmscolor
papayawhip paperclips papyrus par paragraph parallel parallelogram parof partrans partxltralign partxrtlalign
partyfavor partyglass pattern pct peachpuff pencils pentagon people peoplehats peoplewaving percent percentage
percentstacked period perspective perspectiveabove perspectiveaboveleftfacing perspectiveaboverightfacing
perspectivebelow perspectivecontrastingleftfacing perspectivecontrastingrightfacing perspectivefront
perspectiveheroicextremeleftfacing perspectiveheroicextremerightfacing perspectiveheroicleftfacing
perspectiveheroicrightfacing perspectiveleft perspectiverelaxed perspectiverelaxedmoderately perspectiveright peru
pgnum pgnumb pgnummargins pgnumt phclr picture pie piewedge pin pink pixelheight pixellinewidth pixelwidth
placeholder plaid plaque plaquetabs plastic plum plus poinsettias poly portrait pos poseven position posodd
postagestamp powder powderblue power preced precedsib pres presof presparof prev primfontsz print printer priority
prod ptincategory ptinseries pumpkin purple pushpinnote pyra pyraacctbkgdnode pyraacctpos pyraacctratio
pyraaccttxmar pyraaccttxnode pyralvlnode pyramid pyramids pyramidsabove pyramidtomax quadarrow quadarrowcallout
quadrants radial rctrch rctrdes readonly rect red regular rel relative relaxedinset repeat resizehandles rest
restart rev revdir reversediagstripe revpos rgba ribbon riblet right rightarrow rightarrowcallout rightbrace
rightbracket rightmargin rightvertical rings rlv rmarg rnd roff roman romanlcparenboth romanlcparenr romanlcperiod
romanucparenboth romanucparenr romanucperiod root rosybrown rotate rotation rotpath round roundrect row rows
royalblue rsaaes rsafull rtl rtshortdist rttriangle russianlower russianupper saddlebrown safari saka salmon samedir
samerect sandybrown sans sawtooth sawtoothgray scaredcat screen script scrollbar sdtcontentlocked sdtlocked seagreen
seashell seattle secchalign secell secfontsz seclindir seconds secsibsp sectend segments self separate separator
series seriesel serif shadowedsquares shape shapes sharksteeth shdw shimmer shingle shorebirdtracks short
shptxltralignch shptxrtlalignch sib sibsp sibtrans sienna sigma silver sin sinatan single singlelevel size skw
skyblue skyrocket slateblue slategray slategrey slope small smcheck smconfetti smgrid smileyface smooth smoothmarker
snake snaptochars sng sngstrike snip sniproundrect snow snowflakefancy snowflakes soft softedge softmetal softround
solid soliddmnd sombrero southwest space span spanang sparkle spellend speller spellstart sphere springgreen sqrt
square squaretabs srcnode stack stacked stackscale standard stang star stars starsblack starsshadowed starstop start
stbulletlvl std stddev stderr stealth steelblue stelem stemthick step stop stra straight straightconnector stretch
strict stripedrightarrow struck style subscript subsup sum sumangle sun sunrise sunset superscript swcell swirligig
swiss swoosharrow sysdash sysdashdot sysdashdotdot sysdot tab table taiwan taiwanesecounting
taiwanesecountingthousand taiwanesedigital tan tblofcontents tblrv tbls tbrl tbrlv tbv tctr tctrch tctrdes teal
teardrop tenmillions tenthousands text textarchdown textarchdownpour textarchup textarchuppour textbox textbutton
textbuttonpour textcandown textcanup textcascadedown textcascadeup textchevron textchevroninverted textcircle
textcirclepour textcurvedown textcurveup textdeflate textdeflatebottom textdeflateinflate textdeflateinflatedeflate
textdeflatetop textdoublewave textfadedown textfadeleft textfaderight textfadeup textfit textinflate
textinflatebottom textinflatetop textnoshape textplain textringinside textringoutside textslantdown textslantup
textstop texttriangle texttriangleinverted textwave textwrapping thai thaialphaparenboth thaialphaparenr
thaialphaperiod thaicounting thaidist thaidistribute thailetters thainumbers thainumparenboth thainumparenr
thainumperiod thick thickbetweenthin thickbetweenthinlarge thickbetweenthinsmall thickthin thickthinlarge
thickthinlargegap thickthinmediumgap thickthinsmall thickthinsmallgap thindiagcross thindiagstripe thinhorzcross
thinhorzstripe thinreversediagstripe thinthick thinthicklarge thinthicklargegap thinthickmediumgap thinthicksmall
thinthicksmallgap thinthickthinlargegap thinthickthinmediumgap thinthickthinsmallgap thinthin thinvertstripe thistle
thousands threeddarkshadow threedemboss threedengrave threedface threedhighlight threedlightshadow threedshadow
threept through tight tile tmarg toff tomato toolbar top topandbottom topmargin tornpaper tornpaperblack
trackedchanges trans transitional translucentpowder trapezoid tree trees trellis tri triangle trianglecircle
triangleparty triangles trillions triple true turquoise twistedlines twopt txanchorhorz txanchorhorzch txanchorvert
txanchorvertch txbldir txdir txtbox type typeany underdot underscore undovr undrawn unknownrelationship unlocked
uparrow uparrowcallout updiag updownarrow updownarrowcallout upperletter upperroman upr user usera userb userc userd
usere userf userg userh useri userj userk userl userm usern usero userp userq userr users usert useru userv userw
userx usery userz uturnarrow val var variable venn vert vertalign vertical verticalscroll vertstripe
vietnamesecounting view vine violet visibility visible warh warmmatte watermarks wave waveline wavy wavydbl
wavydouble wavyheavy wddndiag wdupdiag weave weavingangles weavingbraid weavingribbon weavingstrips web
wedgeellipsecallout wedgerectcallout wedgeroundrectcallout weight wheat white whiteflowers whitesmoke wholetable
wide width window windowframe windowtext wireframe woff woodwork wordartvert wordartvertrtl words wrap xcenter
xillusions xlimo ycenter year years yellow yellowgreen ylimo zanytriangles zero zigzag zigzagstitch
"""
WORDS = frozenset(TEXT.split())
