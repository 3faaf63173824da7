"""What may stand in a file that leaves: an allow-list of elements, attributes and values.

Nothing is taken out by name: what does not stand here does not go out. The names are those of ECMA-376 Part 1 (§17 for
w:, §20 and §21 for drawings and charts, §22.1 for equations) and Part 4 (VML) without whatever names a person, a place
or another file, runs, fetches, or is not seen; and the few of Word 2010 that text boxes and text effects are made of.
"""

import re
from functools import lru_cache

from consult.engine.ooxml import MC, W14, M, R, W
from consult.engine.vocabulary import WORDS

A = "http://schemas.openxmlformats.org/drawingml/2006/main"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
WPS = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
WPG = "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"
WPC = "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas"
WP14 = "http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing"
V = "urn:schemas-microsoft-com:vml"
O = "urn:schemas-microsoft-com:office:office"  # noqa: E741 - the prefix everybody knows it by
W10 = "urn:schemas-microsoft-com:office:word"
PREFIXES = {
    "w": W, "r": R, "m": M, "mc": MC, "wp": WP, "wp14": WP14, "w14": W14, "a": A, "pic": PIC, "c": C, "wps": WPS,
    "wpg": WPG, "wpc": WPC, "v": V, "o": O, "w10": W10,
}  # fmt: skip
GRAPHICS = frozenset((PIC, WPS, WPG, WPC, C))  # what a drawing may show


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXT_ELEMENTS = _words(
    """
    abstractNum abstractNumId adjustLineHeightInTable adjustRightInd alignBordersAndEdges alignTablesRowByRow
    allowPNG allowSpaceOfSameStyleInTable applyBreakingRules autoHyphenation autoSpaceDE autoSpaceDN
    autoSpaceLikeWord95 autofitToFirstFixedWidthCell b bCs background balanceSingleByteDoubleByteWidth bar
    basedOn bdo bdr between bidi bidiVisual body bookFoldPrinting bookFoldPrintingSheets bookFoldRevPrinting
    bookmarkEnd bookmarkStart bordersDoNotSurroundFooter bordersDoNotSurroundHeader bottom br cachedColBalance
    calcOnExit cantSplit caps characterSpacingControl charset checkBox checked clrSchemeMapping cnfStyle col
    color cols compat compatSetting consecutiveHyphenLimit contextualSpacing continuationSeparator
    convMailMergeEsc cr cs dayLong dayShort decimalSymbol default defaultTabStop defaultTableStyle dir dirty
    displayBackgroundShape displayHangulFixedWidth displayHorizontalDrawingGridEvery
    displayVerticalDrawingGridEvery doNotAutoCompressPictures doNotAutofitConstrainedTables
    doNotBreakConstrainedForcedTable doNotBreakWrappedTables doNotDisplayPageBoundaries doNotExpandShiftReturn
    doNotHyphenateCaps doNotLeaveBackslashAlone doNotShadeFormData doNotSnapToGridInCell doNotSuppressBlankLines
    doNotSuppressIndentation doNotSuppressParagraphBorders doNotTrackFormatting doNotTrackMoves
    doNotUseEastAsianBreakRules doNotUseHTMLParagraphAutoSpacing doNotUseIndentAsNumberingTabStop
    doNotUseMarginsForDrawingGridOrigin doNotVertAlignCellWithSp doNotVertAlignInTxbx doNotWrapTextWithPunct
    docDefaults docGrid docPartGallery docPartObj docPartUnique document drawing drawingGridHorizontalOrigin
    drawingGridHorizontalSpacing drawingGridVerticalOrigin drawingGridVerticalSpacing dstrike eastAsianLayout
    effect em emboss enabled end endnote endnotePr endnoteRef endnoteReference endnotes evenAndOddHeaders family
    ffData fitText flatBorders fldChar fldSimple font fonts footerReference footnote footnoteLayoutLikeWW8
    footnotePr footnoteRef footnoteReference footnotes forgetLastTabAlignment formProt formsDesign framePr ftr
    gridAfter gridBefore gridCol gridSpan group growAutofit gutterAtTop hMerge hdr header headerReference hidden
    hideMark highlight hps hpsBaseText hpsRaise hyperlink hyphenationZone i iCs id ilvl imprint ind insideH
    insideV instrText isLgl jc keepLines keepNext kern kinsoku lang layoutRawTableWidth layoutTableRowsApart left
    legacy lid lineWrapLikeWord6 link listSeparator lnNumType lvl lvlJc lvlOverride lvlPicBulletId lvlRestart lvlText
    mirrorIndents mirrorMargins monthLong monthShort multiLevelType mwSmallCaps name next noBorder noBreakHyphen
    noColumnBalance noEndnote noExtraLineSpacing noLeading noProof noPunctuationKerning noSpaceRaiseLower
    noTabHangInd noWrap notTrueType num numFmt numId numPicBullet numPr numRestart numStart numStyleLink
    numbering oMath object outline outlineLvl overflowPunct p pBdr pPr pPrDefault pStyle pageBreakBefore panose1
    paperSrc pgBorders pgMar pgNum pgNumType pgSz pict pitch pos position printBodyTextBeforeHeader printColBlack
    printFormsData printFractionalCharacterWidth printPostScriptOverText printTwoOnOne ptab qFormat r rFonts rPr
    rPrDefault rStyle right rt rtl rtlGutter ruby rubyAlign rubyBase rubyPr sdt sdtContent sdtEndPr sdtPr sectPr
    selectFldWithFirstOrLastChar semiHidden separator settings shadow shapeLayoutLikeWW8 shd showBreaksInFrames
    sig size sizeAuto smallCaps snapToGrid softHyphen spaceForUL spacing spacingInWholePoints specVanish
    splitPgBreakAndParaMark start startOverride strictFirstAndLastChars strike style styleLink styles
    subFontBySize suff suppressAutoHyphens suppressBottomSpacing suppressLineNumbers suppressOverlap
    suppressSpBfAfterPgBrk suppressSpacingAtTopOfPage suppressTopSpacing suppressTopSpacingWP
    swapBordersFacingPages sym sz szCs t tab tabs tbl tblBorders tblCellMar tblCellSpacing tblGrid tblHeader
    tblInd tblLayout tblLook tblOverlap tblPr tblPrEx tblStyle tblStyleColBandSize tblStylePr tblStyleRowBandSize
    tblW tblpPr tc tcBorders tcFitText tcMar tcPr tcW textAlignment textDirection textboxTightWrap themeFontLang
    titlePg tl2br top topLinePunct tr tr2bl trHeight trPr truncateFontHeightsLikeWP6 txbxContent type u
    uiPriority ulTrailSpace underlineTabInNumList unhideWhenUsed useAltKinsokuLineBreakRules useAnsiKerningPairs
    useFELayout useNormalStyleForList usePrinterMetrics useSingleBorderforContiguousCells
    useWord2002TableStyleRules useWord97LineBreakRules vAlign vMerge vertAlign w wAfter wBefore widowControl
    wordWrap wpJustification wpSpaceWidth wrapTrailSpaces yearLong yearShort zoom
"""
)

MARKUP_ELEMENTS = _words(
    """
    annotationRef cellDel cellIns cellMerge comment commentRangeEnd commentRangeStart commentReference comments
    del delInstrText delText ins moveFrom moveFromRangeEnd moveFromRangeStart moveTo moveToRangeEnd
    moveToRangeStart pPrChange rPrChange sectPrChange tblGridChange tblPrChange tblPrExChange tcPrChange
    trPrChange trackRevisions
"""
)

TEXT_ATTRIBUTES = _words(
    """
    abstractNumId accent1 accent2 accent3 accent4 accent5 accent6 actualPg after afterAutospacing afterLines
    alignment all anchorLock asciiTheme before beforeAutospacing beforeLines bg1 bg2 bidi bottom bottomFromText
    chapNum chapSep chapStyle charSpace characterSet clear colFirst colLast color combine combineBrackets
    conformance countBy csb0 csb1 cstheme customMarkFollows customStyle decorated default displacedByCustomXml
    display distance dropCap eastAsia eastAsiaTheme end endChars equalWidth evenHBand evenVBand fieldCodes fill
    first firstColumn firstLine firstLineChars firstRow firstRowFirstColumn firstRowLastColumn fldCharType
    fldLock fmt followedHyperlink font fontSz footer frame grammar gutter h hAnchor hAnsiTheme hRule hSpace
    hanging hangingChars header heading hint history horzAnchor hyperlink id ilvl lang lastColumn lastRow
    lastRowFirstColumn lastRowLastColumn leader left leftChars leftFromText legacy legacyIndent legacySpace line
    linePitch lineRule lines locked multiLine noHBand noLabel noVBand null num numFmt numId numPicBulletId
    oddHBand oddVBand offsetFrom orient percent pos qFormat relativeTo restart right rightChars rightFromText
    semiHidden sep shadow space spelling start startChars subsetted sz t1 t2 tableStyles target tblpX tblpXSpec
    tblpY tblpYSpec themeColor themeFill themeFillShade themeFillTint themeShade themeTint top topFromText type
    uiPriority unhideWhenUsed usb0 usb1 usb2 usb3 vAnchor vMerge vMergeOrig vSpace val vert vertAnchor
    vertCompress w wrap x xAlign y yAlign zOrder
"""
)

MATHS = _words(
    """
    acc accPr aln alnScr argPr argSz bar barPr baseJc begChr borderBox borderBoxPr box boxPr brk brkBin brkBinSub
    cGp cGpRule cSp chr count ctrlPr d dPr defJc deg degHide den diff dispDef e endChr eqArr eqArrPr f fName fPr
    func funcPr groupChr groupChrPr grow hideBot hideLeft hideRight hideTop intLim interSp intraSp jc lMargin lim
    limLoc limLow limLowPr limUpp limUppPr lit m mPr mathFont mathPr maxDist mc mcJc mcPr mcs mr nary naryLim
    naryPr noBreak nor num oMath oMathPara oMathParaPr objDist opEmu phant phantPr plcHide pos postSp preSp r
    rMargin rPr rSp rSpRule rad radPr sPre sPrePr sSub sSubPr sSubSup sSubSupPr sSup sSupPr scr sepChr show shp
    smallFrac strikeBLTR strikeH strikeTLBR strikeV sty sub subHide sup supHide t transp type vertJc wrapIndent
    wrapRight zeroAsc zeroDesc zeroWid
"""
)

DRAWING = _words(
    """
    accent1 accent2 accent3 accent4 accent5 accent6 ahLst ahPolar ahXY alpha alphaBiLevel alphaCeiling alphaFloor
    alphaInv alphaMod alphaModFix alphaOff alphaOutset alphaRepl anchor arcTo avLst backdrop bevel bevelB bevelT
    bgClr bgFillStyleLst biLevel blend blip blipFill blue blueMod blueOff blur bodyPr bottom br buAutoNum buBlip
    buChar buClr buClrTx buFont buFontTx buNone buSzPct buSzPts buSzTx cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr
    cNvPicPr cNvPr cNvSpPr camera chExt chOff chart close clrChange clrFrom clrMap clrRepl clrScheme clrTo comp
    cont contourClr cpLocks cs cubicBezTo custDash custGeom cxn cxnLst cxnSp cxnSpLocks defPPr defRPr dk1 dk2 ds
    duotone ea effect effectDag effectLst effectRef effectStyle effectStyleLst end endCxn endParaRPr extrusionClr
    fgClr fill fillOverlay fillRect fillRef fillStyleLst fillToRect flatTx fld fmtScheme folHlink font fontRef
    fontScheme gamma gd gdLst glow gradFill graphic graphicData graphicFrameLocks gray grayscl green greenMod
    greenOff grpFill grpSp grpSpLocks grpSpPr gs gsLst headEnd highlight hlink hlinkClick hsl hslClr hue hueMod
    hueOff innerShdw inv invGamma latin left lightRig lin ln lnB lnBlToTr lnL lnR lnRef lnSpc lnStyleLst lnT
    lnTlToBr lnTo lstStyle lt1 lt2 lum lumMod lumOff lvl1pPr lvl2pPr lvl3pPr lvl4pPr lvl5pPr lvl6pPr lvl7pPr
    lvl8pPr lvl9pPr majorFont masterClrMapping minorFont miter moveTo noAutofit noFill norm normAutofit nvCxnSpPr
    nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr off outerShdw overrideClrMapping p pPr path pathLst pattFill pic
    picLocks pos prstClr prstDash prstGeom prstShdw prstTxWarp pt quadBezTo r rPr rect red redMod redOff
    reflection relOff right rot round rtl sat satMod satOff scene3d schemeClr scrgbClr shade softEdge solidFill
    sp sp3d spAutoFit spLocks spPr spcAft spcBef spcPct spcPts srcRect srgbClr st stCxn stretch style sx sy sym
    sysClr t tab tabLst tailEnd theme themeElements tile tileRect tint top txBody txSp uFill uFillTx uLn uLnTx up
    useSpRect xfrm
"""
)

PLACING = _words(
    """
    align anchor bodyPr cNvCnPr cNvFrPr cNvGraphicFramePr cNvGrpSpPr cNvPr cNvSpPr docPr effectExtent extent
    graphicFrame grpSp grpSpPr inline lineTo linkedTxbx posOffset positionH positionV simplePos spPr start style
    txbx txbxContent whole wrapNone wrapPolygon wrapSquare wrapThrough wrapTight wrapTopAndBottom xfrm
"""
)

CHART = _words(
    """
    applyToEnd applyToFront applyToSides area3DChart areaChart auto autoTitleDeleted autoUpdate axId axPos
    backWall backward bandFmt bandFmts bar3DChart barChart barDir baseTimeUnit bubble3D bubbleChart bubbleScale
    bubbleSize builtInUnit cat catAx chart chartSpace clrMapOvr crossAx crossBetween crosses crossesAt custSplit
    custUnit dLbl dLblPos dLbls dPt dTable date1904 dateAx delete depthPercent dispBlanksAs dispEq dispRSqr
    dispUnits dispUnitsLbl doughnutChart downBars dropLines errBarType errBars errDir errValType explosion f
    firstSliceAng floor formatCode formatting forward gapDepth gapWidth grouping h hMode hPercent hiLowLines
    holeSize idx intercept invertIfNegative lang layout layoutTarget lblAlgn lblOffset leaderLines legend
    legendEntry legendPos line3DChart lineChart logBase lvl majorGridlines majorTickMark majorTimeUnit majorUnit
    manualLayout marker max min minorGridlines minorTickMark minorTimeUnit minorUnit minus multiLvlStrCache
    multiLvlStrRef name noEndCap noMultiLvlLbl numCache numFmt numLit numRef ofPieChart ofPieType order
    orientation overlap overlay period perspective pictureFormat pictureOptions pictureStackUnit pie3DChart
    pieChart plotArea plotVisOnly plus pt ptCount rAngAx radarChart radarStyle rich rotX rotY roundedCorners
    scaling scatterChart scatterStyle secondPiePt secondPieSize selection separator ser serAx serLines shape
    showBubbleSize showCatName showDLblsOverMax showHorzBorder showKeys showLeaderLines showLegendKey
    showNegBubbles showOutline showPercent showSerName showVal showVertBorder sideWall size sizeRepresents smooth
    spPr splitPos splitType stockChart strCache strLit strRef style surface3DChart surfaceChart symbol thickness
    tickLblPos tickLblSkip tickMarkSkip title trendline trendlineLbl trendlineType tx txPr upBars upDownBars
    userInterface v val valAx varyColors view3D w wMode wireframe x xMode xVal y yMode yVal
"""
)

VML = _words(
    """
    arc background curve f fill formulas group h handles image imagedata line oval path polyline rect roundrect
    shadow shape shapetype stroke textbox textpath
"""
)

OFFICE = _words(
    """
    bottom callout clippath column complex extrusion fill left lock right skew top
"""
)

OFFICE_ATTRIBUTES = _words(
    """
    allowincell allowoverlap borderbottomcolor borderleftcolor borderrightcolor bordertopcolor bullet bwmode
    bwnormal bwpure cliptowrap color2 connectangles connectloc connectlocs connecttype extrusionok forcedash hr
    hralign hrnoshade hrpct hrstd insetmode oned opacity2 spt
"""
)

PLAIN_ATTRIBUTES = _words(
    """
    a accent1 accent2 accent3 accent4 accent5 accent6 adj algn alignshape allowOverlap allowincell allowoverlap
    alnAt amt anchor anchorCtr anchorx anchory ang angle animBg arcsize arrowok aspect b bIns bandCol bandRow
    baseline behindDoc bg1 bg2 bilevel blacklevel bld bldStep blend blurRad bright bullet bwMode cap categoryIdx
    char charset chromakey cmpd color color2 colors compatLnSpc connecttype contourW contrast control1 control2
    coordorigin coordsize cropbottom cropleft cropright croptop cstate cx cy d dashstyle def defTabSz dir dist
    distB distL distR distT dpi dx dy dz eaLnBrk editas embosscolor endA endAngle endPos endSnd endarrow
    endarrowlength endarrowwidth endcap eqn ext extrusionH extrusionOk fadeDir fill fillcolor filled fillok
    filltype firstCol firstRow fitpath fitshape flip flipH flipV fmla focus focusposition focussize folHlink
    fontAlgn fontScale forceAA forcedash fov fromWordArt g gain gamma gdRefAng gdRefR gdRefX gdRefY
    gradientshapeok grayscale gridSpan grow h hMerge hR hangingPunct highlightClick history hlink horzOverflow hr
    hralign hrnoshade hrpct hrstd hue i idx imagealignshape imageaspect imagesize indent inset insetmode insetpen
    insetpenok invx invy joinstyle kern kumimoji kx ky l lIns lastClr lastCol lastRow lat latinLnBrk layoutInCell
    len lim limo linestyle lnSpcReduction locked lon lum lvl map marB marL marR marT matrix maxAng maxR maxX maxY method
    minAng minR minX minY miterlimit n noAdjustHandles noChangeArrowheads noChangeAspect noChangeShapeType noCrop
    noDrilldown noEditPoints noGrp noMove noProof noResize noRot noSelect noTextEdit noUngrp normalEastAsianFlow
    normalizeH numCol obscured offset offset2 on oned opacity orientation origin panose path pitchFamily points
    polar pos position preferRelativeResize prst prstMaterial r rIns rad radiusrange recolor recolortarget ref
    relativeFrom relativeHeight rev rig rot rotWithShape rotate rowSpan rtl rtlCol sat scaled seq seriesIdx
    shadowok simplePos size sourceLinked sp spc spcCol spcFirstLastPara spid spt stA stAng stPos startAngle
    startAt startarrow startarrowlength startarrowwidth strike stroke strokecolor stroked strokeok strokeweight
    styleId styleName swAng sx sy sz t tIns target textboxrect textpathok thresh time track trim tx tx1 tx2 txBox
    ty type u upright useA v vMerge val vert vertOverflow w wR weight wrap wrapText wrapcoords x xrange xscale y
    yrange z zoom
"""
)

EFFECTS = _words(
    """
    alpha bevel bevelB bevelT camera cntxtAlts contourClr extrusionClr fillToRect glow gradFill gs gsLst hueMod ligatures
    lightRig lin lumMod lumOff miter noFill numForm numSpacing path prstDash props3d reflection rot round satMod scene3d
    schemeClr shade shadow solidFill srgbClr styleSet stylisticSets textFill textOutline tint
"""
)
ELEMENTS = {
    W: TEXT_ELEMENTS,
    M: MATHS,
    A: DRAWING,
    WP: PLACING,
    PIC: _words("blipFill cNvPicPr cNvPr nvPicPr pic spPr"),
    C: CHART,
    WPS: _words("bodyPr cNvCnPr cNvPr cNvSpPr linkedTxbx spPr style txbx wsp"),
    WPG: _words("cNvGrpSpPr cNvPr grpSp grpSpPr wgp"),
    WPC: _words("bg whole wpc"),
    WP14: _words("pctHeight pctPosHOffset pctPosVOffset pctWidth sizeRelH sizeRelV"),
    W14: EFFECTS,
    V: VML,
    O: OFFICE,
    W10: _words("anchorlock borderbottom borderleft borderright bordertop wrap"),
}


def _tags(names: dict[str, frozenset[str]]) -> frozenset[str]:
    return frozenset(f"{{{space}}}{name}" for space, known in names.items() for name in known)


TAGS = _tags(ELEMENTS)
MARKUP_TAGS = TAGS | _tags({W: MARKUP_ELEMENTS})
ATTRIBUTES = PLAIN_ATTRIBUTES | _tags(
    {
        W: TEXT_ATTRIBUTES,
        M: frozenset(("val", "alnAt")),
        W14: PLAIN_ATTRIBUTES | {"w"},
        V: frozenset(("ext",)),
        O: OFFICE_ATTRIBUTES,
    }
)
# The elements whose characters are text. Everywhere else characters are numbers and words of the vocabulary, or go.
TEXTS = frozenset((f"{{{W}}}t", f"{{{W}}}delText", f"{{{M}}}t", f"{{{A}}}t", f"{{{C}}}v"))

COLOUR = re.compile(r"(?<![0-9A-Za-z])#?(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8}|[0-9A-F]{2,4})(?![0-9A-Za-z])")
LONG_NUMBER = re.compile(r"(?<![.\d])(?![01]{12}(?!\d))\d{11}")
WORD = re.compile(r"[A-Za-z]{3,}")
VML_PATH = re.compile(r"(?:[mlcxenvtrwqaybijf]{0,5}[-\d@,# .]+)*[mlcxenvtrwqaybijf]{0,5}")
LANGUAGE = re.compile(r"[A-Za-z]{1,3}(?:[-_][A-Za-z0-9]{2,8}){0,2}")
FONT = re.compile(r"[^\x00-\x1f<>{}\\/]{1,48}")
LONGEST_VALUE = 20_000


@lru_cache(maxsize=20_000)
def is_plain(value: str) -> bool:
    """Return whether a value says only how something looks: numbers, colours, words of the formats themselves."""
    if len(value) > LONGEST_VALUE or not value.isascii() or LONG_NUMBER.search(value):
        return False
    return all(word.lower() in WORDS for word in WORD.findall(COLOUR.sub(" ", value)))


def is_path(value: str) -> bool:
    """Return whether a value is the outline of a VML shape: single letters and numbers."""
    return len(value) <= LONGEST_VALUE and VML_PATH.fullmatch(value) is not None


def is_language(value: str) -> bool:
    """Return whether a value is a language tag such as sr-Cyrl-RS."""
    return LANGUAGE.fullmatch(value) is not None


def is_font(value: str) -> bool:
    """Return whether a value may be the name of a font."""
    return FONT.fullmatch(value) is not None
